"""Reading a statement of 100,000 movements: how long it takes, and how much memory, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.local.bench import Figure

MOVEMENTS = 100_000
ROUNDS = 3
_REPOSITORY = Path(__file__).parents[3]
_MIB = 1024 * 1024


def coda_figures() -> list[Figure]:
    """Seconds (the median of three) and the peak of memory beside the file itself, as tracemalloc counts it."""
    command = [sys.executable, "-m", "deploy.local.bench._bank"]
    answer = subprocess.run(command, cwd=_REPOSITORY, check=True, capture_output=True, text=True)
    found = json.loads(answer.stdout)
    per_s = round(MOVEMENTS / found["seconds"])
    what = f"{MOVEMENTS} movements, {found['file_mib']:.0f} MiB"
    return [
        Figure("coda", round(found["seconds"], 2), "s", f"{what}, {per_s} a second"),
        Figure("coda memory", round(found["peak_mib"]), "MiB", f"{what}, beside the file"),
    ]


def coda_file(movements: int) -> bytes:
    """A statement in which each movement has three records, half of them with a structured communication."""
    records = [f"0{'':4}22112630005{'':18}{'IMMO-CONNECT':26}KREDBEBB   00403170701".ljust(127) + "2"]
    account = f"{'BE71096123456769':34}EUR"
    records.append(f"12001{account}0{0:015}211126{'IMMO-CONNECT':26}{'CURRENT ACCOUNT':35}001")
    thousandths = 0
    for number in range(movements):
        amount = (5_000 + number % 7_919) * 10
        thousandths += amount
        records += _movement(number, amount)
    records.append(f"8001{account}0{thousandths:015}221126".ljust(127) + "0")
    records.append(f"9{'':15}{len(records) - 1:06}{0:015}{thousandths:015}".ljust(127) + "2")
    return "\r\n".join(records).encode("ascii")


def _movement(number: int, amount: int) -> list[str]:
    from services.wallet.bank.communications import digits_of

    head = f"{number % 9_999 + 1:04}0000"
    said = f"1101{digits_of(number)}" if number % 2 else f"0Top-up of the wallet, order {number}"
    return [
        f"21{head}{number:021}0{amount:015}22112600150000{said:54}2211260010" + "1 0",
        f"22{head}{'':88}{'KREDBEBB':11}".ljust(125) + "1 0",
        f"23{head}{'BE68539007547034':34}EUR{f'PAYER {number}':35}{'':43}0 0",
    ]


def _measure() -> None:
    """In a process of its own, so that nothing else counts."""
    import statistics
    import time
    import tracemalloc

    from services.wallet.bank import coda

    data = coda_file(MOVEMENTS)
    seconds: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        [statement] = coda.parse(data)
        seconds.append(time.perf_counter() - began)
        assert len(statement.movements) == MOVEMENTS
        del statement
    tracemalloc.start()
    coda.parse(data)
    _, peak = tracemalloc.get_traced_memory()
    found = {"seconds": statistics.median(seconds), "peak_mib": peak / _MIB, "file_mib": len(data) / _MIB}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _measure()
