"""Averages the weights of two styles that were learnt one from the other: average_styles.py ONE OTHER SHARE OUT

The result is SHARE of ONE and the rest of OTHER, with OTHER's card. Points along a run, or along a run that went on with another weight, lie in one valley:
their mean does what neither does alone (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization").
"""

import sys

from safetensors import safe_open
from safetensors.numpy import load_file, save_file


def main():
    one, other, share, out = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    a, b = load_file(one), load_file(other)
    if a.keys() != b.keys() or any(a[name].shape != b[name].shape for name in a):
        raise SystemExit(f"{one} and {other} have different networks")
    with safe_open(other, "np") as file:
        metadata = dict(file.metadata())
    mixed = {name: (share * a[name].astype("float64") + (1 - share) * b[name].astype("float64")).astype(b[name].dtype) for name in b}
    save_file(mixed, out, metadata=metadata)


if __name__ == "__main__":
    main()
