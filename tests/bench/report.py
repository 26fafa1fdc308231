# SPDX-License-Identifier: MIT
"""Collects figures, prints them as they come, and writes them as JSON. A figure stands beside what it is to be compared with."""

import json
import statistics

LINE = "{what:58} {value:>12} {ratio:>24}  {target}"


class Report:
    def __init__(self):
        self.rows = []
        self.calibrations = {}  # name -> figures, in the order in which they were taken
        self.facts = {}         # about the machine and the run

    def fact(self, name, value):
        self.facts[name] = value
        print(f"{name}: {value}", flush=True)

    def calibration(self, name, unit, value):
        self.calibrations.setdefault(name, {"unit": unit, "values": []})["values"].append(value)

    def part(self, name):
        print(f"\n== {name}\n" + LINE.format(what="", value="measured", ratio="ratio", target="target"), flush=True)

    def row(self, part, what, value, unit, base=None, at_least=None, at_most=None):
        """base: (name, figure), what `value` is divided by; the target then is one for the ratio."""
        row = {"part": part, "what": what, "value": round(value, 4), "unit": unit}
        judged, ratio = value, ""
        if base:
            judged = row["ratio"] = round(value / base[1], 4)
            row.update(ratio_to=base[0], ratio_base=round(base[1], 4))
            ratio = f"{judged:.2f} × {base[0]}"
        target = ""
        if at_least is not None or at_most is not None:
            row["target"] = {"at_least": at_least} if at_least is not None else {"at_most": at_most}
            row["reached"] = judged >= at_least if at_least is not None else judged <= at_most
            target = f"{'≥' if at_least is not None else '≤'} {at_least if at_least is not None else at_most:g}"
            target += "" if row["reached"] else "  not reached"
        self.rows.append(row)
        print(LINE.format(what=what, value=f"{short(value)} {unit}", ratio=ratio, target=target), flush=True)
        return row

    def note(self, text):
        self.facts.setdefault("notes", []).append(text)
        print(f"  {text}", flush=True)

    def print_calibrations(self):
        print("\n== calibrations of this run")
        for name, taken in self.calibrations.items():
            values = taken["values"]
            print(f"{name:58} {short(statistics.median(values)):>8} {taken['unit']}   "
                  f"{short(min(values))} to {short(max(values))}, {len(values)} times")

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"facts": self.facts, "calibrations": self.calibrations, "rows": self.rows}, file, indent=1, ensure_ascii=False)
            file.write("\n")


def short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
