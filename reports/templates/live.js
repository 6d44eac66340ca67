// A served page is made anew once the archive has changed.
const look = setInterval(async () => {
  const answer = await fetch("/version").catch(() => null);
  if (!answer || !answer.ok || await answer.json() === document.body.dataset.version) return;
  clearInterval(look);  // a page may take longer than the next look
  location.reload();
}, 2000);
