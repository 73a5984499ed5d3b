"""What each part of the temporal term gives: short trainings that differ in one setting.

python Tests/Benchmarks/temporal_ablation.py CLIPMORPH PAINTING PHOTOGRAPHS START CONTENT CLIPS [STEPS]

Every variant goes on from START, a style that was trained without the term (`"temporal": {"weight": 0}`), for as many steps (80 by default) with one seed,
and is judged without a stabiliser by `clipmorph evaluate`: means over the pictures in CONTENT and the clips in CLIPS. Weights of the loss networks are looked
for as always (CLIPMORPH_WEIGHTS).
"""

import json
import subprocess
import sys
import tempfile

VARIANTS = {
    "no temporal term": {"weight": 0},
    "the recipe": {},
    "weight 350": {"weight": 350},
    "weight 1400": {"weight": 1400},
    "noise 0.006": {"noise": {"gaussian": {"deviation": 0.006}}},
    "noise 0.024": {"noise": {"gaussian": {"deviation": 0.024}}},
    "noise of ±30 on 5 % of values, as the original": {"noise": {"sparse": {"share": 0.05, "amplitude": 30}}},
    "no motion": {"motion": {"shift": 0, "zoom": 0, "rotation": 0, "warp": 0}},
    "no change of light": {"light": 0, "relaxed": False},
    "features 20": {"features": 20},
    "gradient not clipped": None,
}


def measured(report):
    clips = [case["clip"] for case in report["cases"] if "clip" in case]
    pictures = [case["picture"] for case in report["cases"] if "picture" in case and case["kind"] != "clip"]
    mean = lambda cases, name: sum(case[name] for case in cases) / len(cases)  # noqa: E731
    return [mean(clips, "warpError")] + [mean(pictures, name) for name in ("style", "styleTiles", "content")]


def main():
    program, painting, photographs, start, content, clips = sys.argv[1:7]
    steps = sys.argv[7] if len(sys.argv) > 7 else "80"
    print("| variant | e_warp | style | tiles | content |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, temporal in VARIANTS.items():
            # The rest as it was when the table in docs/STABILITY.md was made.
            noise = {"noise": {"gaussian": {"deviation": 0.012}}}
            recipe = {"base": "fast", "temporal": {"ramp": 0, **noise, **(temporal or {})}, "tone": 0, "warmth": 0, "palette": 0, "finish": {"from": 1}}
            if temporal is None:
                recipe["clip"] = 0
            path, style = f"{folder}/recipe.json", f"{folder}/style.safetensors"
            with open(path, "w") as file:
                json.dump(recipe, file)
            subprocess.run(
                [program, "train", "--style", painting, "--photos", photographs, "-o", style, "--recipe", path, "--init", start, "--iterations", steps,
                 "--overwrite", "--quiet"], check=True)  # fmt: skip
            report = subprocess.run(
                [program, "evaluate", "--model", style, "--style", painting, "--content", content, "--clips", clips, "--stabilize", "off", "--json"],
                check=True, capture_output=True, text=True).stdout  # fmt: skip
            numbers = measured(json.loads(report))
            print(f"| {name} | " + " | ".join(f"{number:.4f}" for number in numbers) + " |", flush=True)


if __name__ == "__main__":
    main()
