"""Implantable defibrillators, NCD 20.4: each of the six indications alone, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

COMMON = {
    "stable": "He is clinically stable.",
    "echo": "Echocardiogram on 10/12/2026: LVEF 25%.",
    "brain": "No irreversible brain damage.",
    "survival": "No disease with a life expectancy of less than one year.",
    "rhythm": "No atrial fibrillation with poorly controlled ventricular rate.",
}
WAITED = {
    "waited": "He has had no CABG or PCI in the last 3 months. He has had no MI in the last 40 days.",
    "candidate": "He is not a candidate for coronary revascularization.",
}
NO_MI = {"waited": "No CABG or PCI within the past 3 months and no MI within the past 40 days."}
SHARED = {
    "shared": "A shared decision making encounter took place with Dr. Amin on 10/15/2026.",
    "tool": "An evidence-based decision tool on ICDs was used in that visit.",
}
NO_HISTORY = {"history": "No history of sustained VT or of cardiac arrest due to VF."}


def asked_for(diagnosis: str, code: str = "", **says: str) -> Sheet:
    return Sheet(
        "ncd_20_4", {**says, **COMMON}, "33249", "Implantable cardioverter defibrillator", code, diagnosis
    )


B1_VT = asked_for(
    "Ventricular tachycardia",
    "I47.29",
    episode="Sustained VT was induced at EP study on 09/30/2026.",
    setting="It was not associated with an acute MI.",
    cause="It was not due to a transient or reversible cause.",
)
B1_VF = asked_for(
    "Ventricular fibrillation",
    "I49.01",
    episode="Cardiac arrest due to VF on 09/20/2026, resuscitated.",
    cause="It was not due to a transient or reversible cause.",
)
B2 = asked_for(
    "Old myocardial infarction",
    "I25.2",
    infarct="Anterior myocardial infarction in 2021.",
    nyha="NYHA class I.",
    **WAITED,
    **SHARED,
)
B3 = asked_for(
    "Ischemic cardiomyopathy",
    "I25.5",
    muscle="Severe ischemic cardiomyopathy with a dilated left ventricle.",
    nyha="NYHA class II-III heart failure.",
    **NO_HISTORY,
    **{**WAITED, **NO_MI},
    **SHARED,
)
B4 = asked_for(
    "Dilated cardiomyopathy",
    "I42.0",
    muscle="Severe non-ischemic dilated cardiomyopathy.",
    nyha="NYHA functional class III.",
    therapy="He has been on guideline-directed medical therapy for 7 months.",
    **NO_HISTORY,
    **{**WAITED, **NO_MI},
    **SHARED,
)
B5 = asked_for(
    "Long QT syndrome",
    "I45.81",
    disorder="Congenital long QT syndrome, KCNH2 variant found.",
    risk="He is at high risk of life-threatening ventricular arrhythmia.",
    **SHARED,
)
B6 = asked_for(
    "Encounter for adjustment of defibrillator",
    "Z45.02",
    device="He has an existing ICD, implanted in 2016.",
    reason="The generator reached ERI on 10/01/2026.",
)
BASES = {"b1_vt": B1_VT, "b1_vf": B1_VF, "b2": B2, "b3": B3, "b4": B4, "b5": B5, "b6": B6}
f = Flips(BASES)
FLIPS = f.found
UNCODED = {"diagnosis": "", "diagnosis_code": ""}


def alone(s: Sheet, **more: str) -> Sheet:
    """The case with every other indication denied, so that what is changed decides."""
    return s.saying(
        **{
            "history": "No history of sustained VT or of cardiac arrest due to VF.",
            "other_1": "No ischemic cardiomyopathy and no non-ischemic cardiomyopathy.",
            "other_2": "No myocardial infarction.",
            "other_3": "No long QT syndrome or other inherited disorder.",
            "other_4": "He has no existing ICD.",
            **more,
        }
    ).asking(**UNCODED)


f.add("b1_vt_episode", "nobody says", lambda s: s.saying(episode=""), INSUFFICIENT, PEND, base="b1_vt")
f.add(
    "b1_vt_episode",
    "denied",
    lambda s: alone(s, episode="No sustained VT was induced at EP study."),
    NOT_MET,
    REFER,
    base="b1_vt",
)
f.add(
    "b1_vt_episode",
    "not sustained",
    lambda s: s.saying(episode="Nonsustained VT on telemetry.").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b1_vt",
)
f.add("b1_vt_infarction", "nobody says", lambda s: s.saying(setting=""), INSUFFICIENT, PEND, base="b1_vt")
f.add(
    "b1_vt_infarction",
    "with an infarction",
    lambda s: s.saying(setting="It occurred during an acute MI."),
    MET,
    PEND,
    base="b1_vt",
)
f.add(
    "b1_vt_infarction",
    "with an infarction and nothing else",
    lambda s: s.saying(
        setting="It occurred during an acute MI.",
        other_1="No ischemic cardiomyopathy and no non-ischemic cardiomyopathy.",
        other_3="No long QT syndrome.",
        other_4="He has no existing ICD.",
        arrest="No cardiac arrest due to VF.",
        echo="Echocardiogram on 10/12/2026: LVEF 55%.",
    ),
    MET,
    REFER,
    base="b1_vt",
)
f.add("b1_vt_reversible", "nobody says", lambda s: s.saying(cause=""), INSUFFICIENT, PEND, base="b1_vt")
f.add(
    "b1_vt_reversible",
    "reversible",
    lambda s: s.saying(cause="It was due to a reversible cause, hypokalemia."),
    MET,
    PEND,
    base="b1_vt",
)
f.add("b1_vf_episode", "nobody says", lambda s: s.saying(episode=""), INSUFFICIENT, PEND, base="b1_vf")
f.add(
    "b1_vf_episode",
    "denied",
    lambda s: alone(s, episode="He has never had a cardiac arrest due to VF."),
    NOT_MET,
    REFER,
    base="b1_vf",
)
f.add(
    "b1_vf_episode",
    "of the father",
    lambda s: s.saying(episode="His father died of a VF arrest.").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b1_vf",
)
f.add("b1_vf_reversible", "nobody says", lambda s: s.saying(cause=""), INSUFFICIENT, PEND, base="b1_vf")
f.add(
    "b1_vf_reversible",
    "reversible",
    lambda s: s.saying(cause="It was due to a reversible cause, hypokalemia."),
    MET,
    PEND,
    base="b1_vf",
)

f.add(
    "b2_prior_infarction",
    "nobody says",
    lambda s: s.saying(infarct="").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b2",
)
f.add(
    "b2_prior_infarction",
    "denied",
    lambda s: alone(s, infarct="He has never had a myocardial infarction."),
    NOT_MET,
    REFER,
    base="b2",
)
f.add(
    "b2_prior_infarction",
    "of the father",
    lambda s: s.saying(infarct="Father had a myocardial infarction at 50.").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b2",
)
LVEF = {"b2_lvef": "b2", "b3_lvef": "b3", "b4_lvef": "b4"}
for leaf, base in LVEF.items():
    f.add(
        leaf,
        "nobody says",
        lambda s: s.saying(echo="Echocardiogram on 10/12/2026."),
        INSUFFICIENT,
        PEND,
        base=base,
    )
    f.add(
        leaf,
        "too good",
        lambda s: s.saying(echo="Echocardiogram on 10/12/2026: LVEF 45%."),
        NOT_MET,
        PEND,
        base=base,
    )
    f.add(
        leaf,
        "too good, and no other indication",
        lambda s: s.saying(
            echo="Echocardiogram on 10/12/2026: LVEF 45%.",
            history="No history of sustained VT or of cardiac arrest due to VF.",
            other_3="No long QT syndrome.",
            other_4="He has no existing ICD.",
        ),
        NOT_MET,
        REFER,
        base=base,
    )
f.add(
    "b2_lvef",
    "31 percent",
    lambda s: s.saying(echo="Echocardiogram on 10/12/2026: LVEF 31%."),
    NOT_MET,
    PEND,
    base="b2",
)
f.add(
    "b2_lvef",
    "30 percent",
    lambda s: s.saying(echo="LVEF by echocardiogram was 30%."),
    MET,
    APPROVE,
    base="b2",
)
f.add(
    "b3_lvef",
    "35 percent",
    lambda s: s.saying(echo="Ejection fraction 35% by cardiac MRI."),
    MET,
    APPROVE,
    base="b3",
)
f.add("b2_class_4", "nobody says", lambda s: s.saying(nyha=""), INSUFFICIENT, PEND, base="b2")
f.add("b2_class_4", "class IV", lambda s: s.saying(nyha="NYHA class IV."), MET, PEND, base="b2")

for b in ("b2", "b3", "b4"):
    f.add(
        f"{b}_revascularization",
        "nobody says",
        lambda s: s.saying(waited="He has had no MI in the last 40 days."),
        INSUFFICIENT,
        PEND,
        base=b,
    )
    f.add(
        f"{b}_revascularization",
        "six weeks ago",
        lambda s: s.saying(waited="PCI with a stent on 09/20/2026. He has had no MI in the last 40 days."),
        MET,
        PEND,
        base=b,
    )
    f.add(
        f"{b}_infarction",
        "nobody says",
        lambda s: s.saying(
            infarct="Prior myocardial infarction.", waited="He has had no CABG or PCI in the last 3 months."
        ),
        INSUFFICIENT,
        PEND,
        base=b,
    )
    f.add(
        f"{b}_infarction",
        "three weeks ago",
        lambda s: s.saying(waited="He has had no CABG or PCI in the last 3 months. NSTEMI on 10/11/2026."),
        MET,
        PEND,
        base=b,
    )
    f.add(f"{b}_candidate", "nobody says", lambda s: s.saying(candidate=""), INSUFFICIENT, PEND, base=b)
    f.add(
        f"{b}_candidate",
        "he is one",
        lambda s: s.saying(candidate="He is a candidate for coronary revascularization."),
        MET,
        PEND,
        base=b,
    )
f.add(
    "b2_prior_infarction",
    "none of late",
    lambda s: s.saying(waited="No CABG or PCI within the past 3 months and no MI within the past 40 days."),
    MET,
    APPROVE,
    base="b2",
)
f.add(
    "b3_infarction",
    "none of late",
    lambda s: s.saying(
        waited="He has had no CABG or PCI in the last 3 months. He has had no MI in the last 40 days."
    ),
    NOT_MET,
    APPROVE,
    base="b3",
)
f.add(
    "b4_dilated",
    "non-ischemic dilated",
    lambda s: s.saying(muscle="Severe non-ischemic, dilated cardiomyopathy."),
    MET,
    APPROVE,
    base="b4",
)
for b in ("b2", "b3", "b4", "b5"):
    f.gone(f"{b}_shared_decision_made", "shared", base=b)
    f.said(
        f"{b}_shared_decision_made", "shared", "Shared decision making was not done.", NOT_MET, PEND, base=b
    )
    f.short_of(f"{b}_shared_decision_made", "shared", "A shared decision making visit is scheduled.", base=b)
    f.said(
        f"{b}_shared_decision_made",
        "shared",
        "A shared decision making encounter has not taken place.",
        NOT_MET,
        PEND,
        base=b,
    )
    f.gone(f"{b}_decision_tool", "tool", base=b)
    f.said(f"{b}_decision_tool", "tool", "No decision aid was used.", NOT_MET, PEND, base=b)
for b, muscle, other in (
    ("b3", "Severe cardiomyopathy with a dilated left ventricle.", "no ischemic cardiomyopathy"),
    ("b4", "Severe dilated cardiomyopathy.", "no non-ischemic cardiomyopathy"),
):
    f.add(
        f"{b}_cardiomyopathy",
        "nobody says which",
        BASES[b].saying(muscle=muscle).asking(**UNCODED),
        INSUFFICIENT,
        PEND,
        base=b,
    )
    f.add(
        f"{b}_cardiomyopathy",
        "denied",
        BASES[b].saying(muscle=f"He has {other}.").asking(**UNCODED),
        NOT_MET,
        PEND,
        base=b,
    )
    f.add(f"{b}_history", "nobody says", lambda s: s.saying(history=""), INSUFFICIENT, PEND, base=b)
    f.add(
        f"{b}_history",
        "there is one",
        lambda s: s.saying(history="He had sustained VT in 2024."),
        MET,
        PEND,
        base=b,
    )
    f.add(f"{b}_class_least", "nobody says", lambda s: s.saying(nyha=""), INSUFFICIENT, PEND, base=b)
    f.add(f"{b}_class_least", "class I", lambda s: s.saying(nyha="NYHA class I."), NOT_MET, PEND, base=b)
    f.add(
        f"{b}_class_most",
        "nobody says",
        lambda s: s.saying(nyha="He has heart failure."),
        INSUFFICIENT,
        PEND,
        base=b,
    )
    f.add(f"{b}_class_most", "class IV", lambda s: s.saying(nyha="NYHA class IV."), NOT_MET, PEND, base=b)
f.add(
    "b3_dilated",
    "nobody says",
    lambda s: s.saying(muscle="Severe ischemic cardiomyopathy."),
    INSUFFICIENT,
    PEND,
    base="b3",
)
f.add(
    "b3_dilated",
    "denied",
    lambda s: s.saying(muscle="Severe ischemic cardiomyopathy. The left ventricle is not dilated."),
    NOT_MET,
    PEND,
    base="b3",
)
f.add(
    "b4_dilated",
    "nobody says",
    lambda s: s.saying(muscle="Severe non-ischemic cardiomyopathy.").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b4",
)
f.add(
    "b4_dilated",
    "denied",
    lambda s: s.saying(
        muscle="Severe non-ischemic cardiomyopathy. The left ventricle is not dilated."
    ).asking(**UNCODED),
    NOT_MET,
    PEND,
    base="b4",
)
f.gone("b4_therapy", "therapy", base="b4")
f.said("b4_therapy", "therapy", "He has been on GDMT for 5 weeks.", NOT_MET, PEND, base="b4")
f.short_of("b4_therapy", "therapy", "He is on GDMT.", base="b4")
f.also("b4_therapy", "therapy", "Optimal medical therapy since March 2026.", base="b4")
f.add(
    "b5_disorder",
    "nobody says",
    lambda s: s.saying(disorder="").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b5",
)
f.add(
    "b5_disorder",
    "denied",
    lambda s: s.saying(disorder="No long QT syndrome.").asking(**UNCODED),
    NOT_MET,
    PEND,
    base="b5",
)
f.add(
    "b5_disorder",
    "of a sister",
    lambda s: s.saying(disorder="His sister has long QT syndrome.").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b5",
)
f.gone("b5_risk", "risk", base="b5")
f.said("b5_risk", "risk", "He is not at high risk of ventricular arrhythmia.", NOT_MET, PEND, base="b5")
f.add(
    "b6_existing",
    "nobody says",
    lambda s: s.saying(device="").asking(**UNCODED),
    INSUFFICIENT,
    PEND,
    base="b6",
)
f.add(
    "b6_existing",
    "denied",
    lambda s: s.saying(device="He has no existing ICD.").asking(**UNCODED),
    NOT_MET,
    PEND,
    base="b6",
)
f.gone("b6_reason", "reason", base="b6")
f.said("b6_reason", "reason", "The generator has not reached ERI.", NOT_MET, PEND, base="b6")
f.also("b6_reason", "reason", "Right ventricular lead fracture with inappropriate shocks.", base="b6")

f.gone("stable", "stable", base="b2")
f.against("stable", "stable", "He is not clinically stable.", base="b2")
f.add("lvef_method", "nobody says", lambda s: s.saying(echo="LVEF 25%."), INSUFFICIENT, PEND, base="b2")
f.also("lvef_method", "echo", "MUGA scan on 10/12/2026 showed an LVEF of 24%.", base="b2")
for leaf, sentence, yes in (
    ("brain_damage", "brain", "He has severe anoxic brain injury."),
    ("short_survival", "survival", "Metastatic cancer with a life expectancy of less than one year."),
    ("poorly_controlled_svt", "rhythm", "Atrial fibrillation with poorly controlled ventricular rate."),
):
    f.gone(leaf, sentence, base="b2")
    f.said(leaf, sentence, yes, MET, REFER, base="b2")
f.short_of("short_survival", "survival", "Life expectancy > 1 year.", base="b2")
f.said("short_survival", "survival", "Life expectancy < 1 year from lung cancer.", MET, REFER, base="b2")
# A denial of more than is asked covers what is asked; more than is asked, affirmed, does not.
for base in ("b3", "b4"):
    leaf = f"{base}_arrhythmia"
    f.said(leaf, "history", "No history of VT/VF.", NOT_MET, APPROVE, base=base)
    f.gone(leaf, "history", base=base)
    f.said(leaf, "history", "Runs of nonsustained VT on telemetry.", MET, PEND, base=base)
for leaf, sentence, none, some in (
    ("any_brain_damage", "brain", "No brain damage.", "Mild brain injury in 2009, recovered."),
    ("any_svt", "rhythm", "No history of atrial fibrillation.", "Atrial fibrillation."),
):
    f.said(leaf, sentence, none, NOT_MET, APPROVE, base="b2")
    f.gone(leaf, sentence, base="b2")
    f.said(leaf, sentence, some, MET, PEND, base="b2")
NEVER_AGAINST = ("lvef_method",)
