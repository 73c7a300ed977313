"""Makes stems.tsv, rouge.jsonl and answers.jsonl beside this file, with the reference's values.

    python -m venv venv && venv/bin/pip install rouge-score==0.1.2 nltk==3.10.4 transformers==4.57.1
    venv/bin/python maker.py

All texts are made here, of words made here. The same seed makes the same files.
"""
import json
import pathlib
import random
import string

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
from transformers.data.metrics import squad_metrics

HERE = pathlib.Path(__file__).parent
ENDINGS = ("s es ies ss sses ed eed ied ing y ly ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism "
           "iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible "
           "ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll lling tting bling ating izing ying yed").split()
IRREGULAR = ("sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed dies flies "
             "died spied enjoy enjoyment spy fly try fails failing filing hopping hissing fizzed roll controll syzygy yyyy geology theology "
             "agreed feed bled sing rate cease probate").split()


def word(draw):
    letters = "".join(draw.choice("bcdfghjklmnpqrstvwxyz" if draw.random() < 0.5 else "aeiouy") for _ in range(draw.randint(1, 5)))
    return letters + draw.choice(ENDINGS) + draw.choice(["", "", "", "", "s", "ed", "ing", "ly", "7"])


def stems(draw):
    stemmer = PorterStemmer()
    words = sorted(set(IRREGULAR) | {word(draw) for _ in range(3000)})
    return "".join(f"{each}\t{stemmer.stem(each)}\n" for each in words if len(each) > 3)


def sentence(draw, words):
    text = " ".join(draw.choice(words) for _ in range(draw.randint(0, 12)))
    return text + draw.choice([".", "", "!", " -- ", " \u00e9t\u00e9", " \u0130stanbul", " 3.14", "\u3000\u6f22\u5b57"])


def rouge(draw):
    lines = []
    types = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    for number in range(120):
        words = [word(draw) for _ in range(draw.randint(3, 15))]
        words += [each.upper() for each in words[:3]] + ["the", "cats", "cat's", "running"]
        texts = ["\n".join(sentence(draw, words) for _ in range(draw.randint(0, 4))) for _ in range(1 + draw.randint(1, 3))]
        if number == 0:
            texts = ["", ""]
        case = {"prediction": texts[0], "references": texts[1:]}
        for name, stemmed in (("plain", False), ("stemmed", True)):
            scores = rouge_scorer.RougeScorer(types, use_stemmer=stemmed).score_multi(texts[1:], texts[0])
            case[name] = [round(value, 6) for each in types for value in scores[each]]
        lines.append(json.dumps(case) + "\n")
    return "".join(lines)


def answers(draw):
    lines = []
    words = ["the", "a", "an", "The", "Ann", "ann's", "42", "blue", "blue-green", "\u00c9cole", "theory", "x", "(x)", "\u2014", "and"]
    for number in range(150):
        texts = [draw.choice([" ", "  ", "\u00a0"]).join(draw.choice(words) for _ in range(draw.randint(0, 5))) for _ in range(draw.randint(1, 4))]
        texts = [text + draw.choice(["", ".", "!", string.punctuation]) for text in texts]
        prediction, references = texts[0], texts[1:]
        wanted = [each for each in references if squad_metrics.normalize_answer(each)] or [""]
        lines.append(json.dumps({"prediction": prediction, "references": references,
                                 "exact": max(squad_metrics.compute_exact(each, prediction) for each in wanted),
                                 "f1": round(max(squad_metrics.compute_f1(each, prediction) for each in wanted), 6)}) + "\n")
    return "".join(lines)


if __name__ == "__main__":
    (HERE / "stems.tsv").write_text(stems(random.Random(1)), encoding="utf-8")
    (HERE / "rouge.jsonl").write_text(rouge(random.Random(2)), encoding="utf-8")
    (HERE / "answers.jsonl").write_text(answers(random.Random(3)), encoding="utf-8")
