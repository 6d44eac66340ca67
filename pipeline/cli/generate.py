"""gamebeam generate."""

import re
from dataclasses import dataclass
from pathlib import Path

import click

from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.sources.uri import Files, Kafka, PubSub, parse_source, seconds


@dataclass(frozen=True)
class Load:
    """What is generated, as the options say it."""

    contract: Contract
    out: Path
    players: int
    days: int
    seed: int
    files: int
    start: str
    rates: dict[str, float] | None
    speed: float

    def write(self, form: str | None) -> None:
        """Generate the messages and the answer sheet, and print how many."""
        from gamebeam.loadgen.generate import generate
        from gamebeam.pipeline.bar import bar

        with bar("generating") as show:
            made = generate(self.contract, str(self.out), players=self.players, days=self.days, seed=self.seed, files=self.files,
                                format=form, start=self.start, faults=self.rates, progress=show)
        print(f"{made.messages:,} messages in {made.files} files ({made.bytes / 1e6:.1f} MB) in {self.out}/messages; "
              f"{made.lost:,} of {made.events:,} events were lost on the way")


@click.command("generate")
@click.option("--contract", default="starter", show_default=True, metavar="NAME|FOLDER", help="Contract of the game that is played.")
@click.option("--out", required=True, type=Path, metavar="FOLDER", help="Folder for messages and answer sheet.")
@click.option("--players", default=2000, show_default=True, help="How many players play.")
@click.option("--days", default=2, show_default=True, help="For how many days.")
@click.option("--seed", default=1, show_default=True, help="Seed of the random numbers: the same seed gives the same messages.")
@click.option("--files", default=4, show_default=True, help="Number of files.")
@click.option("--format", "form", default="", metavar="jsonl|avro", show_default="the game's own", help="Format of the files.")
@click.option("--start", default="2026-11-01", show_default=True, metavar="DATE", help="First day.")
@click.option("--faults", default="", metavar="NAME=RATE[,…]|none", show_default="the usual rates",
              help="Faults on the way, such as lost=0.01.")
@click.option("--to", default="", metavar="URI", show_default="files alone",
              help="Also send to kafka://broker:9092/topic, pubsub://projects/P/topics/T, http://host:port of a front door, or a folder.")
@click.option("--speed", default=0.0, show_default="as fast as possible", help="With --to: seconds of play per second.")
@click.option("--keys", default="", metavar="live=KEY,test=KEY", show_default="none",
              help="With --to=http://…: API keys made with --backfill.")
@click.option("--rate", default=0.0, show_default="a whole play", help="With --to: messages per second, made as they are due.")
@click.option("--for", "duration", default="", metavar="TIME", show_default="60s", help="With --rate: for how long, such as 2m.")
def command(contract: str, out: Path, players: int, days: int, seed: int, files: int, form: str, start: str, faults: str, to: str,
            speed: float, keys: str, rate: float, duration: str) -> None:
    """Generate players' messages with faults on the way, and the answer sheet that the players kept."""
    from gamebeam.schemas.contract.contract import load_contract

    load = Load(load_contract(contract), out, players, days, seed, files, start, _rates(faults), speed)
    if rate or duration:
        _generate_steadily(load, to, rate, duration)
    elif to.startswith(("http://", "https://")):
        _generate_to_collector(load, to, keys)
    elif to:
        _generate_to(load, to)
    else:
        load.write(form or None)


def _generate_to(load: Load, to: str) -> None:
    from gamebeam.loadgen.drop import drop
    from gamebeam.loadgen.live import send
    from gamebeam.loadgen.send_pubsub import send_pubsub
    from gamebeam.pipeline.bar import bar

    target, out = _target(to), str(load.out)
    load.write("avro")
    with bar("sending") as show:
        match target:
            case Kafka():
                sent = send(load.contract, out, target.servers, target.topics[0], target.client, load.speed, show)
            case Files():
                sent = drop(out, target.pattern, load.speed, show)
            case topic:
                sent = send_pubsub(out, topic, load.speed, show)
    _report(sent, to, load.out)


def _target(to: str) -> Kafka | Files | str:
    """Kafka, Files, or a Pub/Sub topic's name."""
    from gamebeam.loadgen.send_pubsub import topic_of

    if to.startswith("pubsub:"):
        return topic_of(to)
    target = parse_source(to)
    wrong = (isinstance(target, Kafka) and len(target.topics) != 1) or (isinstance(target, Files) and re.search(r"://|[*?]", to))
    if wrong or isinstance(target, PubSub):
        raise ValueError(f"--to={to.split('?')[0]}: expected kafka://broker:9092/topic, pubsub://projects/PROJECT/topics/TOPIC, "
                         "http://host:port of a collector, or a folder")
    return target


def _generate_steadily(load: Load, to: str, rate: float, duration: str) -> None:
    """So many messages a second for so long, made as they are due. A signal ends it early, with the answers for what was sent."""
    from gamebeam.loadgen.drop import drop_steadily
    from gamebeam.loadgen.live import SendError, deliver
    from gamebeam.loadgen.send_pubsub import publish
    from gamebeam.loadgen.steady import SteadyLoad
    from gamebeam.pipeline.bar import bar
    from gamebeam.pipeline.watch import signals

    if not rate or not to or to.startswith(("http://", "https://")):
        raise ValueError("--rate=MESSAGES_A_SECOND --for=60s go together, and with --to=kafka://…, pubsub://… or a folder")
    target, answers = _target(to), load.out / "answers"
    if answers.exists():
        raise FileExistsError(f"{answers}: there already; give another --out, or remove it first")
    with signals() as came, bar("sending") as show:
        steady = SteadyLoad(load.contract, rate=rate, seconds=seconds("generate", "--for", duration or "60s"), players=load.players,
                            seed=load.seed, speed=load.speed or 1.0, faults=load.rates, stop=lambda: bool(came))
        try:
            match target:
                case Kafka():
                    sent = deliver(steady, steady.total, target.servers, target.topics[0], target.client, show)
                case Files():
                    sent = drop_steadily(steady, steady.total, target.pattern, show)
                case topic:
                    sent = publish(steady, steady.total, topic, show)
        except (SendError, OSError) as e:
            raise SendError(f"{e}; no answer sheet: it would count messages that were made, and not taken") from None
        steady.write_answers(answers)
    _report(sent, to, load.out)


def _generate_to_collector(load: Load, to: str, keys: str) -> None:
    from gamebeam.loadgen.http import send_http
    from gamebeam.pipeline.bar import bar

    by_env = dict(pair.partition("=")[::2] for pair in keys.split(",")) if keys else {}
    if not by_env or not all(by_env.values()):
        raise ValueError("--keys: live=KEY,test=KEY, made with: gamebeam collect key add --game=… --env=… --backfill")
    load.write("jsonl")
    with bar("sending") as show:
        sent = send_http(load.contract, str(load.out), to, by_env, show)
    _report(sent, to, load.out)


def _report(sent: int, to: str, out: Path) -> None:
    print(f"{sent:,} messages taken by {to.split('?')[0]}; the answer sheet is {out}/answers")


def _rates(text: str) -> dict[str, float] | None:
    """'lost=0.01,truncated=0' -> rates by name; 'none' is every fault off."""
    if text == "none":
        from gamebeam.loadgen.faults import DEFAULT_RATES

        return dict.fromkeys(DEFAULT_RATES, 0.0)
    try:
        return {name: float(rate) for name, rate in (pair.split("=") for pair in text.split(","))} if text else None
    except ValueError:
        raise ValueError(f"--faults={text}: expected name=rate[,name=rate], or none") from None
