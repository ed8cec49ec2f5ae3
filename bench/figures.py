# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks share: results as one JSON file each, and the table made of it.

A result holds the columns and rows of its table beside the raw figures, so that the report
and the terminal show the same.
"""
import json
import os
import platform
import statistics


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    return {"processor": processor(), "processors": os.cpu_count(), "kernel": platform.release().split("-")[0]}


def median(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the quartiles, in percent of the median."""
    if len(values) < 2 or not median(values):
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return 50 * (high - low) / median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def number(value, digits=3):
    """Three significant digits, and all that stand before the point."""
    if not isinstance(value, (int, float)):
        return str(value)
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}"


def table(result):
    """The table as Markdown, columns aligned: text left, numbers right."""
    rows = [[str(cell) for cell in row] for row in result["rows"]]
    widths = [max(len(cell) for cell in column) for column in zip(result["columns"], *rows)]

    def line(cells):
        first, *rest = zip(cells, widths)
        return "| " + " | ".join([first[0].ljust(first[1])] + [c.rjust(w) for c, w in rest]) + " |"

    rule = "| " + " | ".join(["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]) + " |"
    return "\n".join([line(result["columns"]), rule] + [line(row) for row in rows]) + "\n"


def save(result, directory):
    """Writes NAME.json and prints the table."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, result["name"] + ".json"), "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    print(f"\n{result['title']}\n\n{table(result)}", flush=True)
