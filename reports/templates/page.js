// Draws every chart that the page carries; data-drawn tells a reader's test, and a browser's, that it is there.
for (const carried of document.querySelectorAll("script[data-chart]")) {
  const place = document.getElementById(carried.dataset.chart);
  vegaEmbed(place, JSON.parse(carried.textContent), {
    mode: "vega-lite", renderer: "svg", actions: {export: true, source: false, compiled: false, editor: false},
  }).then(() => { place.dataset.drawn = "yes"; });
}
