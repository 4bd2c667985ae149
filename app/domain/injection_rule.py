"""What an attempt to instruct a model looks like, as expressions over flattened text.

The text they see is lower case, without accents, each line break either a blank or, where a new line begins a new
thought, a line break. A rule that asks for the beginning of a clause is `imperative`: "ignore the criteria" is one,
"she ignored the criteria" is not. Each rule says by its `name` what kind of attempt it finds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Rule:
    """`imperative` rules do not count where the clause is about what a patient or a relative did or was told.

    `unless` is looked for in the rest of the sentence behind the match: it says that something harmless is meant.
    """

    name: str
    pattern: re.Pattern[str]
    imperative: bool = False
    unless: re.Pattern[str] | None = None


_GAP = r"(?:[\s,\-\"'“”]+[\w\-']+){0,%d}?[\s,\-:\"'“”(]+"
_START = (
    r"(?:(?:^|[.!?;:\n\"“”»«(\[{>|]|[-–—*•#]{1,3}\s|\b\d{1,2}[.)]\s)[\s\"“”'*_#>\-–—]*"
    r"(?:(?:please|kindly|now|then|also|just|simply|always|immediately|instead|therefore|so|important|note|"
    r"attention|urgent|warning|instruction|instructions|command|bitte|por favor|ahora|jetzt|s'il vous plait|"
    r"veuillez)[\s,:!\-–—]+){0,3}"
    r"|\b(?:you|reviewer|model|system|assistant|ai|engine|software|algorithm|agent|nurse|everyone|anyone)"
    r"(?:\s+reading this)?\s*,?\s+(?:must|should|shall|will|can|may|have to|has to|need to|needs to|are to|is to|"
    r"are required to|is required to|are instructed to|is instructed to|are ordered to|are hereby \w+ to)"
    r"(?:\s+(?:now|always|simply|just|immediately|therefore|also))?\s+"
    r"|\b(?:and|then|but|instead|so|just|simply)[\s,]+(?:please\s+|instead\s+|just\s+|simply\s+)?"
    r"|\b(?:i|we) (?:instruct|order|command|direct|require) (?:you|the \w+) to\s+)"
)
_VOICE = (
    r"(?:artificial intelligence|language models?|\bllms?\b|chat ?bots?|chat ?gpt|\bgpt(?:-?\d[\w.]*)?\b|\bgemini\b"
    r"|\bclaude\b|\bcopilot\b|\bai(?:[ -](?:reviewer|model|system|assistant|agent|tool|engine|software|bot))?\b"
    r"|(?:automated|automatic|reviewing|review|decision|criteria|recommendation|utilization|prior auth\w*|um|ur)"
    r"[ -](?:reviewer|system|engine|model|software|tool|bot|agent|algorithm|assistant)"
    r"|(?:virtual|digital) assistant|\b(?:this|the) (?:model|algorithm|software|bot)\b|machine reviewer)"
)
_RULES_OF_WORK = (
    r"(?:instructions?|prompts?|rules?|guidelines?|criteri(?:a|on)|polic(?:y|ies)|directives?|directions|commands?"
    r"|constraints?|safeguards?|guardrails?|restrictions?|system (?:message|prompt)s?|requirements|checklist|training"
    r"|programming|coverage (?:text|determination)s?|medical necessity|ncds?|what you were told|everything (?:above|before|else|you))"
)
_OF_CARE = re.compile(
    r"^[\s\w]{0,30}?\b(?:regarding|about(?! (?:ncd|the polic|polic|the criteri|criteri|cover))|concerning|related to|on (?:how|diet|the label|activity|weight|dosing|wound|medication)"
    r"|for (?:diet|activity|weight|medication|wound|insulin|dosing|taking|the (?:medication|diet|wound|dressing|brace))"
    r"|from (?:her|his|their|your|the|our|a) (?:doctor|physician|surgeon|nurse|pharmac\w+|hospital|previous|prior|old|outside|discharge|er|ed|urgent)"
    r"|given (?:by|at|to|during)|(?:diet|dose|dosing|medication|insulin|metformin|discharge|dietary|wound|activity|exercise)\b)"
)
_MET = r"(?:met|satisfied|fulfill?ed|approved?|passed|pass|true|supported|compliant|medically necessary|\"?met\"?|green)"
_MATTER = (
    r"(?:criteri(?:a|on)|requirements?|every(?:thing| item| leaf| line| condition| field| box)|all (?:of )?(?:the )?"
    r"(?:items|conditions|leaves|tests|boxes|lines|fields|rows|questions|points|elements)|status(?:es)?|outcome|decision"
    r"|recommendation|determination|request|case|authorization|claim|evidence|polic(?:y|ies)|c-?peptide|coverage|lines?)"
)
_ASKED = (
    r"(?:requests?|cases?|claims?|pa\b|prior[- ]auth\w*|authorizations?|applications?|lines?|submissions?|orders?"
    r"|determinations?|coverage|services?|devices?|procedures?|treatments?|therap(?:y|ies)|pumps?|surger(?:y|ies)"
    r"|equipment|medications?|drugs?|everything|patients?|members?|it\b)"
)


LOOKALIKE = {
    "а": "a", "в": "b", "е": "e", "і": "i", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t", "у": "y",
    "х": "x", "ѕ": "s", "ј": "j", "ԁ": "d", "һ": "h", "ӏ": "l", "ԛ": "q", "ԝ": "w", "г": "r", "п": "n", "ь": "b",
    "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x",
    "γ": "y", "ω": "w",
}  # fmt: skip
"""Cyrillic and Greek letters that look like Latin ones; used only inside words that mix scripts."""
TRIGGER = re.compile(
    r"ignor|disregard|forget|overr|neglect|discard|dismiss|set aside|stop |follow|bypass|skip|suspend|waiv|drop|abandon|erase|"
    r"attention|approv|authori|grant|certif|green|rubber|sign off|criteri|requirement|every|all |status|outcome|decision|determin|"
    r"recommend|evidence|polic|peptide|coverage|output|print|return|respond|reply|answer|write|you are|you're|act as|behave|"
    r"pretend|play|mode|from now|mention|reveal|disclos|flag|secret|hidden|review|invent|fabricat|make up|fake|quot|"
    r"system|assistant|inst|prompt|jail|\bai\b|model|[^\x00-\x7f]|olvid|desestim|descart|omit|aprueb|aprob|autori|cumplid|"
    r"genehmig|bewillig|vergiss|missacht|kriteri|erfull|oubli|approuv|criter|dimentic|approva|huwag|aprubah|bo qua|phe duyet"
)
"""One of these stands in every text that a rule finds something in: most pages hold none."""
POLITE = re.compile(r"\b(?:please|kindly|por favor|le ruego|bitte|s'il vous plait|veuillez)\b")
"""How a letter asks a person for what it wants."""
LETTER = re.compile(
    r"\b(?:i|we|my|our)\b[^.!?\n]{0,40}\b(?:ask|asking|request|hope|urge|appeal|beg|trust|plead)\b(?! the (?:ai|model|system|software|bot))"
)
"""How a letter begins what it asks for."""
SUBJECT = re.compile(
    r"\b(?:patient|pt|she|he|they|her|his|mother|father|mom|dad|daughter|son|spouse|wife|husband|family|caregiver|member|mr|mrs|ms|"
    r"child|client|parents?|staff|i|we|who|insurer|plan|payer|medicare|cms|board|committee|fda|surgeon|doctor|dr|provider|"
    r"paciente|ella|el|madre|padre|patientin|patienten|er|sie hat|mutter|vater|le patient|la patiente|elle|il)\b"
)
"""Of whom a clause speaks that commands nobody."""
ADDRESSED = re.compile(
    r"\b(?:you|ai|model|llm|assistant|reviewer|system|engine|algorithm|software|bot|agent|instruct\w* you|usted|ia|modelo|ki|modell|du|vous)\b"
)
"""Whom a clause speaks to that commands."""


def _rule(
    name: str, pattern: str, *, imperative: bool = False, unless: re.Pattern[str] | None = None
) -> Rule:
    return Rule(name, re.compile(pattern, re.MULTILINE), imperative, unless)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, compiled when first asked for."""
    return (*_english(), *_spanish(), *_german(), *_others(), *_format())


def _english() -> tuple[Rule, ...]:
    override = (
        r"(?:ignore|disregard|forget|override|overrule|neglect|discard|dismiss|set aside|stop (?:following|applying|using)"
        r"|(?:do not|don't|dont|never|no longer) (?:follow|apply|use|obey|consider|check|evaluate|enforce|rely on)(?!\s+up)|erase|"
        r"pay no attention to|bypass|skip|suspend|waive|drop|abandon)(?! of\b)"
    )
    outcome = r"(?:approv\w*|authoriz\w*|criteri\w+|met\b|determination|recommendation|outcome|instruct\w*|coverage polic\w+)"
    told = (
        r"(?:approve|mark|set|return|output|respond|answer|recommend|conclude|classify|treat|report|reply|write|ignore"
        r"|disregard|accept|consider|count|skip|grant|authorize|generate|say|state|follow|change|give|score|rate|decide|"
        r"override|bypass|assume|forget|print|find|deem|select|choose|issue|record)"
    )
    return (
        _rule(
            "override",
            _START + override + _GAP % 6 + _RULES_OF_WORK + r"\b",
            imperative=True,
            unless=_OF_CARE,
        ),
        _rule(
            "override",
            r"\b(?:previous|prior|above|earlier|preceding|original|foregoing|existing|other) (?:\w+ )?(?:instructions?|prompts?|rules?|"
            r"commands?|directives?|guidelines?|criteria) (?:are|is|have been|has been|no longer|do not|does not|should be|must be|can be|may be)"
            r"[\s\w]{0,25}(?:void|cancel\w*|null|obsolete|overrid\w*|overrul\w*|superseded|replaced|ignored|disregarded|apply|revoked|suspended|bypassed|skipped)",
            unless=re.compile(
                r"^[^.!?\n]{0,30}\b(?:since|as of|effective|revision|revised|amended|transmittal)\b"
            ),
        ),
        _rule(
            "override",
            r"\b(?:this|the following|these) (?:notes?|documents?|texts?|messages?|paragraphs?|lines?|instructions?|sections?|pages?|statements?)"
            r"[\s\w]{0,20}\b(?:overrides?|supersedes?|replaces?|takes? (?:precedence|priority) over|outranks?)\b[\s\w,]{0,50}"
            r"(?:instructions?|polic(?:y|ies)|criteria|rules|guidelines|prompts?)",
        ),
        _rule(
            "override",
            r"\b(?:criteria|polic(?:y|ies)|ncd|coverage (?:rules|determination))\b[\s\w.]{0,25}\b(?:is|are|has been|have been|do not|does not|need not be|don't)"
            r"\s+(?:hereby |now |all |already )?(?:waived|suspended|overridden|void|bypassed|disabled|apply|evaluated|checked)\b[\s\w]{0,12}"
            r"\b(?:for|to|in) (?:this|these) (?:request|case|patient|member|review|submission)",
        ),
        _rule(
            "address",
            _VOICE
            + r"[^.!?\n]{0,80}?(?:\bmust\b|\bshould\b|\bshall\b|\bis to\b|\bare to\b|\bneeds? to\b|\bhas to\b|\bwill\b|\bplease\b|[:,\-–—]|\bto\b)"
            r"\s*(?:always |now |only |immediately |simply |please |you must |you should )*"
            + told
            + r"\b[^.!?\n]{0,90}?"
            + outcome,
        ),
        _rule(
            "address",
            r"\b(?:attention|note|notice|message|memo|instructions?|reminder|hello|dear|hey|to)\b[\s:,]*(?:to )?(?:the |any |all |our )?"
            + _VOICE
            + r"[^.!?\n]{0,8}[:,.!\n\-–—][^\n]{0,140}?"
            + outcome,
        ),
        _rule(
            "address",
            r"\bif (?:you are|you're|this is (?:being )?(?:read|reviewed|processed) by|an?|a machine|read by)\s*(?:an? |the )?"
            + _VOICE
            + r"[^\n]{0,120}?(?:"
            + outcome
            + r"|\b"
            + told
            + r"\b)",
        ),
        _rule(
            "approve",
            _START
            + r"(?:approve|authorize|grant|certify|green-?light|rubber-?stamp|sign off on|auto-?approve|pre-?approve)"
            + _GAP % 5
            + _ASKED,
            imperative=True,
            unless=re.compile(r"^[^.!?\n]{0,12}\b(?:was|were|is pending|pending|denied)\b"),
        ),
        _rule(
            "approve",
            r"\b(?:please|kindly|you may|go ahead and|ask that you|asking you to|request that you|urge you to)\s+(?:\w+\s+){0,3}?(?:approve|authorize|grant)\b[^.!?\n]{0,80}?"
            r"(?:automatically|without (?:any |further |additional |more |delay or |the usual )*(?:review|checking|check|evidence|questions?|verification|documentation|criteria)"
            r"|regardless|no matter|unconditional\w*|even (?:if|though)|in all cases|irrespective|whether or not)",
        ),
        _rule(
            "approve",
            r"\b(?:approve|authorize|grant|recommend approval|approval)\b[^.!?\n]{0,60}?\b(?:regardless of|no matter what|irrespective of|whether or not|even if)\b[^.!?\n]{0,60}?"
            r"(?:criteri\w+|polic\w+|evidence|documentation|guideline\w*|notes?|missing|not met|record)",
        ),
        _rule(
            "approve",
            r"\b(?:recommend(?:ation)?|outcome|decision|determination|verdict|status|answer|response|output|result)\b\s*(?:must|should|shall|has to|needs to|will|can only|is required to)"
            r"\s*(?:always |only |now |therefore )?(?:be|say|read|state|equal|become|show)\b[^.!?\n]{0,25}?(?:approv\w*|\bmet\b|authoriz\w*|\byes\b)",
        ),
        _rule(
            "approve",
            r"\bthe (?:only |correct |right |final |required |expected |proper |valid |true |best ){1,3}(?:possible |acceptable )?"
            r"(?:answer|output|outcome|response|determination|decision|recommendation|result|status)\b[^.!?\n]{0,30}?(?:is|=|:)\s*[\"'“]?(?:to )?(?:approv\w*|met\b|authoriz\w*|yes\b)",
        ),
        _rule(
            "mark",
            _START
            + r"(?:mark|set|treat|consider|count|score|flag|report|classify|deem|assume|regard|label|rate|tick|change|switch|update|return|judge|"
            r"interpret|register|make|output|show|list|pretend|accept|declare|record|rule)"
            + _GAP % 8
            + _MATTER
            + _GAP % 8
            + _MET
            + r"\b",
            imperative=True,
            unless=re.compile(r"^[^.!?\n]{0,20}\b(?:when|once|if (?:the )?(?:patient|a1c|goal))\b"),
        ),
        _rule(
            "mark",
            r"\b"
            + _MATTER
            + r"[^.!?\n]{0,40}?\b(?:must|should|shall|has to|have to|needs? to|is to|are to)\s+(?:always |now |therefore |all |automatically )?be\s+"
            r"(?:marked|set|treated|considered|counted|scored|reported|classified|deemed|regarded|labell?ed|rated|returned|recorded|accepted|changed|shown|evaluated|judged|listed)"
            r"[^.!?\n]{0,25}?" + _MET + r"\b",
        ),
        _rule(
            "mark",
            r"\b(?:treat|act|behave|proceed|evaluate|respond|answer|review|decide|process)\b[^.!?\n]{0,40}?\bas (?:if|though)\b[^.!?\n]{0,70}?(?:criteri\w+|\bmet\b|approv\w*|satisfied|evidence|documented|complete)",
            imperative=False,
        ),
        _rule("mark", r"\bstatus(?:es)?\s+(?:to|as)\s+[\"'“]?(?:met|approved?|satisfied|fulfill?ed)\b"),
        _rule(
            "mark",
            r"\b(?:assume|pretend|presume|suppose|take it as given|imagine)\b(?: that)?[^.!?\n]{0,60}?(?:criteri\w+|requirements?|evidence|documentation|c-?peptide)[^.!?\n]{0,40}?(?:\bmet\b|satisf\w+|present|exists?|complete|provided|fulfill?ed)",
        ),
        _rule(
            "answer",
            r"\b(?:output|print|return|respond|reply|answer|say|write|generate|produce|emit|type|state)\b\s*(?:with |only |exactly |simply |just |the word |the words |the following|back |in json )*[:\s]*"
            r"[\"'“‘{<`]?\s*(?:\"?\w+\"?\s*[:=]\s*\"?)?(?:approve|approved|approval|criteria met|all met|all criteria)\b",
            unless=re.compile(
                r"^\s*(?:for (?:duty|work|discharge|transfer|use|travel|school|sports?|activity)|by|on \d|and electronically)\b"
            ),
        ),
        _rule(
            "persona",
            r"\b(?:you are|you're|act as|behave as|pretend to be|play the role of|become|you will be|roleplay as|role-play as)\s+(?:now\s+|henceforth\s+)?(?:an?|the|in|my|our)?\s*"
            r"[^.!?\n]{0,40}?(?:\bai\b|assistant that|language model|approver|approval (?:bot|system|assistant|agent|engine)|auto-?approver|"
            r"unrestricted|developer mode|debug mode|admin mode|maintenance mode|test mode|approves|jailbreak|\bdan\b|reviewer (?:who|that) (?:always|approves))",
        ),
        _rule(
            "persona",
            r"\b(?:developer|debug|admin|god|maintenance|override|root|sudo)[ -]mode\b[^.!?\n]{0,60}?(?:on|enabled|activat\w+|enter|approv\w+|engaged|:)",
        ),
        _rule(
            "persona",
            r"\b(?:enter|enable|activate|switch to|engage)\s+(?:the )?(?:developer|debug|admin|god|maintenance|override|root|sudo|approval|unrestricted)[ -](?:mode|override)\b",
        ),
        _rule(
            "persona",
            r"\bfrom now on\b[^.!?\n]{0,60}?(?:approve|criteri\w+|respond|answer|you are|you will (?:approve|answer|respond|mark|treat|ignore))",
        ),
        _rule(
            "secrecy",
            r"\b(?:do not|don't|never|without)\s+(?:mention(?:ing)?|tell(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|flag(?:ging)?|report(?:ing)?|show(?:ing)?|alert(?:ing)?|inform(?:ing)?|notify(?:ing)?|quote|quoting)\b"
            r"[^.!?\n]{0,50}?(?:this (?:instruction|message|note|text|line|sentence|prompt|command|paragraph)|these instructions|the (?:reviewer|nurse|user|human|payer|ur specialist|physician reviewer)|injection)",
        ),
        _rule(
            "secrecy",
            r"\bkeep (?:this|these)\s*(?:instructions?|message|note|prompt|command|line)?\s*(?:secret|hidden|confidential)\b[^.!?\n]{0,60}?(?:reviewer|nurse|user|human|model|payer|approv|instruction)",
        ),
        _rule(
            "no review",
            r"\b(?:no|without)\s+(?:further |additional |more |any |manual |human |clinical |other )*(?:review|checks?|evidence|documentation|verification|criteria)\b[^.!?\n]{0,30}?"
            r"(?:needed|required|necessary|needs to be|should be)?[^.!?\n]{0,50}?\b(?:approve (?:this|the|it|now)|mark (?:as|it|all)|auto-?approv\w*)",
        ),
        _rule(
            "no review",
            r"\b(?:this|the) (?:request|case|patient|authorization|claim|submission) (?:has (?:already )?been |is |was )(?:already )?(?:pre-?approved|pre-?cleared|cleared|approved|authorized|exempt(?:ed)?)\b"
            r"[^\n]{0,80}?(?:skip|ignore|bypass|no (?:further |additional |clinical )?review|do not (?:review|check|evaluate|apply)|without (?:further )?review|just (?:approve|confirm)|simply (?:approve|confirm)|from (?:the )?criteria)",
        ),
        _rule(
            "no review",
            _START
            + r"(?:skip|waive|omit|forgo|bypass)"
            + _GAP % 5
            + r"(?:clinical review|medical (?:necessity )?review|medical necessity|criteria (?:check|review|evaluation)|evidence check|verification|policy check|documentation requirements?|quote (?:check|verification))\b",
            imperative=True,
        ),
        _rule(
            "invent",
            r"\b(?:invent|fabricate|make up|hallucinate|fake)\b[^.!?\n]{0,50}?(?:quote|evidence|result|value|citation|lab|c-?peptide|finding)",
        ),
        _rule(
            "invent",
            _START
            + r"(?:quote|cite|use|copy|treat)\s+(?:this|the following|the next|these)\s+(?:sentence|line|text|paragraph|words|note|quote|statement)s?\b[^\n]{0,90}?(?:evidence|criteri\w+|proof|support|met\b)",
            imperative=True,
        ),
    )


def _spanish() -> tuple[Rule, ...]:
    start = (
        r"(?:(?:^|[.!?;:\n\"“”«»(\[¡¿]|[-–—*•]\s)[\s\"“”'*¡¿]*(?:(?:por favor|ahora|favor de|nota|atencion|importante|instruccion(?:es)?|ia|y)[\s,:]+){0,3}"
        r"|\b(?:debe(?:s|n)?|tiene(?:s)? que|hay que|y|e)\s+)"
    )
    works = r"(?:instruccion(?:es)?|reglas?|criterios?|ordenes|directrices|politicas?|indicaciones del sistema|normas|pautas|restricciones)"
    return (
        _rule(
            "override",
            start
            + r"(?:ignor(?:a|e|en|ar)|olvid(?:a|e|en|ar)|desestim(?:a|e|en)|descart(?:a|e|en)|omit(?:a|e|an)|haga caso omiso|haz caso omiso|hacer caso omiso|no (?:siga|sigas|tenga en cuenta|tengas en cuenta|aplique|apliques|considere))"
            r"[\s\w,]{0,45}?" + works,
            imperative=True,
        ),
        _rule(
            "approve",
            start
            + r"(?:aprueb(?:a|e|en)|aprobar|autori(?:ce|za|cen|zar)|conced(?:a|e))\s+(?:\w+\s+){0,3}?(?:solicitud|peticion|caso|autorizacion|pedido|tramite|bomba|todo|procedimiento|servicio|tratamiento)",
            imperative=True,
        ),
        _rule(
            "mark",
            r"\b(?:marqu(?:e|en)|marca|consider(?:a|e|en)|trat(?:a|e|en)|d(?:e|a) por|pon(?:ga|er)?|establec(?:e|za)|registr(?:a|e)|calific(?:a|que)|marcar|considerar)\b[^.!?\n]{0,60}?(?:criterios?|requisitos?|todo|resultado|estado|condicion(?:es)?)"
            r"[^.!?\n]{0,40}?(?:cumplid\w+|satisfech\w+|aprobad\w+)",
        ),
        _rule(
            "mark",
            r"\bd(?:e|a) por (?:cumplid\w+|satisfech\w+|aprobad\w+)[^.!?\n]{0,50}?(?:criterio|requisito|solicitud|condicion)",
        ),
        _rule(
            "answer",
            r"\b(?:respond(?:a|e|er)|conteste?|contesta|devuelv(?:a|e)|escrib(?:a|e)|di(?:ga)?)\b\s*(?:solo|solamente|unicamente|siempre|con|que)?[^.!?\n]{0,20}?[\"'“]?(?:aprob(?:ar|ad[oa])|aprueb\w+|approve|cumplido)",
        ),
        _rule(
            "address",
            r"\b(?:modelo de lenguaje|inteligencia artificial|asistente virtual|sistema (?:de revision|automatico|de ia)|la ia|revisor automatico|el modelo|el revisor|una ia|\bia)\b[^.!?\n]{0,50}?"
            r"(?:debe|tiene que|[:,]|por favor)\s*(?:\w+\s+){0,3}?(?:aprobar|aprueb\w+|autori[zc]\w+|marcar|marque|ignorar|ignor\w+|recomendar|recomiende|responder|considerar|considere)",
        ),
        _rule(
            "approve",
            r"\bla (?:unica |correcta |mejor )?(?:respuesta|decision|recomendacion|determinacion)(?: correcta| final| unica| valida)? (?:es|debe ser|tiene que ser)[^.!?\n]{0,15}?(?:aprob\w+|aprueb\w+|approve)",
        ),
        _rule(
            "persona",
            r"\b(?:eres|usted es|actua como|actue como|comportate como)\s+(?:ahora\s+)?(?:un|una|el|la)?\s*[^.!?\n]{0,30}?(?:\bia\b|modelo|asistente (?:que|de ia|virtual)|inteligencia artificial|aprobador|que aprueba)",
        ),
        _rule(
            "approve",
            r"\b(?:aprueb\w+|aprobar|autori(?:ce|za))\b[^.!?\n]{0,50}?\b(?:sin (?:mas |ninguna |previa )?(?:revision|verificacion|comprobar|revisar)|independientemente|aunque (?:no|falt\w+))",
        ),
    )


def _german() -> tuple[Rule, ...]:
    start = (
        r"(?:(?:^|[.!?;:\n\"“”„»«(\[]|[-–—*•]\s)[\s\"“”„'*]*(?:(?:bitte|jetzt|nun|wichtig|achtung|hinweis|anweisung|ki|und|also)[\s,:!]+){0,3}"
        r"|\b(?:und|du musst|sie mussen|du sollst|sie sollen)\s+)"
    )
    works = r"(?:anweisungen|anweisung|regeln|kriterien|vorgaben|richtlinien|instruktionen|befehle|anordnungen|weisungen|systemnachricht|vorschriften)"
    return (
        _rule(
            "override",
            start
            + r"(?:ignorier(?:e|en|t)|vergiss|vergessen|missacht(?:e|en|et)|ubergeh(?:e|en)|verwirf|verwerfen|beacht(?:e|en))(?:\s+sie)?[\s\w,]{0,45}?"
            + works
            + r"(?![^.!?\n]{0,20}\b(?:des arztes|zur einnahme))"
            r"(?:(?<=anweisungen)|(?<=anweisung)|(?<=regeln)|(?<=kriterien)|(?<=vorgaben)|(?<=richtlinien)|(?<=instruktionen)|(?<=befehle)|(?<=anordnungen)|(?<=weisungen)|(?<=systemnachricht)|(?<=vorschriften))",
            imperative=True,
        ),
        _rule(
            "override",
            r"\b"
            + works
            + r"[^.!?\n]{0,20}?\b(?:nicht (?:beachten|befolgen|anwenden)|ignorieren|sind (?:aufgehoben|ungultig|hinfallig))",
        ),
        _rule(
            "approve",
            start
            + r"(?:genehmig(?:e|en|t)|bewillig(?:e|en|t)|befurwort(?:e|en))(?:\s+sie)?\s+(?:\w+\s+){0,4}?(?:antrag|anfrage|fall|leistung|anforderung|pumpe|alles|versorgung|gerat|behandlung)",
            imperative=True,
        ),
        _rule(
            "approve",
            r"\b(?:antrag|anfrage|fall)\b[^.!?\n]{0,25}?(?:muss|ist|soll)\s+(?:sofort |ohne (?:weitere )?prufung |unbedingt |zwingend )*(?:zu genehmigen|genehmigt werden|zu bewilligen|bewilligt werden)",
        ),
        _rule(
            "mark",
            r"\b(?:markier\w*|setz\w*|betracht\w*|behandl\w*|werte\w*|bewert\w*|stuf\w*|trag\w*)\b[^.!?\n]{0,60}?(?:kriteri\w+|anforderungen|voraussetzungen|alles|ergebnis|status|bedingungen)[^.!?\n]{0,30}?(?:erfullt|genehmigt|bestanden|gegeben)",
        ),
        _rule(
            "answer",
            r"\b(?:antwort(?:e|en)|gib|geben sie|schreib(?:e|en)?|sag(?:e|en)?)\b(?:\s+sie)?\s*(?:nur|ausschliesslich|immer|bitte|mit|aus)?\s*(?:mit|aus)?[:\s]*[\"'“„]?(?:genehmigt|genehmigen|approve|erfullt|bewilligt)",
        ),
        _rule(
            "address",
            r"\b(?:sprachmodell|kunstliche intelligenz|\bki\b(?:-\w+)?|das modell|das system|der prufer|prufsystem|assistent)\b[^.!?\n]{0,50}?(?:muss|soll|sollte|[:,]|bitte)\s*(?:\w+\s+){0,6}?(?:genehmig\w+|bewillig\w+|markier\w+|ignorier\w+|als erfullt|empfehl\w+)",
        ),
        _rule(
            "approve",
            r"\bdie (?:einzig |richtige |korrekte |einzige )*(?:richtige |korrekte )?(?:antwort|entscheidung|empfehlung) (?:ist|lautet|muss)[^.!?\n]{0,15}?(?:genehmig\w+|bewillig\w+|approve)",
        ),
        _rule(
            "persona",
            r"\b(?:du bist|sie sind|verhalte dich|verhalten sie sich|handle als|agiere als)\s+(?:jetzt |nun |ab sofort )?(?:wie )?(?:ein|eine|der|die)?[^.!?\n]{0,30}?(?:\bki\b|sprachmodell|assistent,? der|modell|genehmigungs\w+)",
        ),
    )


def _others() -> tuple[Rule, ...]:
    return (
        # French
        _rule(
            "override",
            r"\b(?:ignor(?:e|ez|er)|oubli(?:e|ez|er)|ne (?:suis|suivez|tiens|tenez) pas|neglig(?:e|ez)|faites abstraction)\b[\s\w,']{0,45}?(?:instructions?|regles|criteres|consignes|directives|politiques?)\s*(?:precedent|anterieur|ci-dessus|et|du systeme|\.|!|,)",
            imperative=True,
        ),
        _rule(
            "approve",
            r"(?:^|[.!?;:\n,]|\bet|\bdoit|\bdevez)\s*(?:approuv(?:e|ez|er)|autoris(?:e|ez|er)|accord(?:e|ez|er)|valid(?:e|ez|er))\s+(?:\w+\s+){0,3}?(?:cette demande|la demande|ce dossier|le dossier|cette requete|la requete|toutes? les demandes?)",
        ),
        _rule(
            "mark",
            r"\b(?:marqu(?:e|ez|er)|consider(?:e|ez|er)|trait(?:e|ez|er)|indiqu(?:e|ez))\b[^.!?\n]{0,60}?(?:criteres?|conditions?|exigences|tout)[^.!?\n]{0,30}?(?:remplis?|satisfaits?|respectes?|approuves?)",
        ),
        _rule(
            "answer",
            r"\b(?:repond(?:s|ez)|ecri(?:s|vez)|renvo(?:ie|yez)|dis|dites)\b\s*(?:seulement|uniquement|toujours|par|avec|que)?[^.!?\n]{0,20}?[\"'“«]?\s*(?:approuve\w*|approve)",
        ),
        _rule(
            "address",
            r"\b(?:modele de langage|intelligence artificielle|\bl'ia\b|assistant virtuel|le systeme|le modele)\b[^.!?\n]{0,50}?(?:doit|devez|[:,])\s*(?:\w+\s+){0,3}?(?:approuver|approuvez|autoriser|marquer|ignorer|ignorez)",
        ),
        # Portuguese and Italian
        _rule(
            "override",
            r"\b(?:ignor(?:e|a|em|ar)|esquec(?:a|e)|desconsider(?:e|a))\b[\s\w,]{0,40}?(?:instruc(?:oes|ao)|regras|criterios)\s+(?:anterior|acima|previ|do sistema)",
        ),
        _rule(
            "approve",
            r"(?:^|[.!?;:\n,]|\be)\s*(?:aprov(?:e|a|em)|autoriz(?:e|a))\s+(?:\w+\s+){0,2}?(?:solicitacao|pedido|requisicao|este caso)",
        ),
        _rule(
            "override",
            r"\b(?:ignor(?:a|i|ate|are)|dimentica(?:te)?|trascura(?:te)?)\b[\s\w,]{0,40}?(?:istruzioni|regole|criteri)\s*(?:precedent|sopra|del sistema)",
        ),
        _rule(
            "approve",
            r"(?:^|[.!?;:\n,]|\be)\s*(?:approva(?:te|re)?|autorizza(?:te|re)?)\s+(?:\w+\s+){0,2}?(?:richiesta|domanda|pratica)",
        ),
        # Russian, Vietnamese, Tagalog
        _rule(
            "override",
            r"(?:игнорируй|проигнорируй|забудь|не обращай внимания)[\s\w,]{0,40}?(?:инструкц|указани|правил|критери)",
        ),
        _rule(
            "approve",
            r"(?:одобри|одобрите|утверди|утвердите|разреши|разрешите)\s+(?:\w+\s+){0,3}?(?:запрос|заявк|заявлен|случа)",
        ),
        _rule(
            "override",
            r"\b(?:bo qua|phot lo|quen)\b[\s\w]{0,30}?(?:huong dan|chi dan|quy tac|tieu chi|chi thi)",
        ),
        _rule("approve", r"\b(?:phe duyet|chap thuan|duyet)\b[\s\w]{0,15}?(?:yeu cau nay|don nay|ho so nay)"),
        _rule(
            "override",
            r"\b(?:huwag pansinin|balewalain|kalimutan)\b[\s\w]{0,40}?(?:tagubilin|panuto|pamantayan|patakaran)",
        ),
        _rule("approve", r"(?<!pakiusap na )\b(?:aprubahan)\b[\s\w]{0,20}?(?:kahilingan|request|hiling)"),
        # Chinese, Japanese, Korean, Arabic: written without the word boundaries the rules above lean on
        _rule(
            "override",
            r"(?:忽略|无视|無視|忘记|忘記|不要理会|不要遵守)[^。！？\n]{0,15}(?:指令|指示|规则|規則|标准|標準|提示|要求)",
        ),
        _rule(
            "approve",
            r"(?<![请請快速])(?:必须|必須|直接|立即)?(?:批准|核准|通过|同意)(?:此|这个|這個|该|該|本|所有|这份)[^。！？\n]{0,6}(?:申请|申請|请求|請求|案例|授权|授權|病例)",
        ),
        _rule("mark", r"(?:标记|標記|视为|視為|设为)[^。！？\n]{0,20}(?:满足|滿足|符合|已批准|通过)"),
        _rule(
            "override",
            r"(?:以前|これまで|上記|前|上|すべて)の?[^。！？\n]{0,12}(?:指示|命令|ルール|基準|規則)[^。！？\n]{0,6}(?:無視|忘れ|従わない)",
        ),
        _rule(
            "approve",
            r"(?:この|本)?(?:申請|請求|依頼|リクエスト|要求)を?[^。！？\n]{0,10}(?:承認|許可)(?:せよ|しろ|して|しなさい|すること)",
        ),
        _rule(
            "override",
            r"(?:이전|위의|모든)[^.!?\n]{0,10}(?:지시|지침|규칙|기준|명령)[^.!?\n]{0,8}(?:무시|잊)",
        ),
        _rule("approve", r"(?:이|본)?\s?(?:요청|신청)을?\s?(?:승인하|허가하)"),
        _rule("override", r"(?:تجاهل|انس|لا تتبع)[^.!؟\n]{0,30}(?:التعليمات|القواعد|المعايير|الأوامر)"),
        _rule("approve", r"(?:وافق على|اعتمد|اقبل)\s?(?:هذا الطلب|الطلب|هذه الحالة)"),
    )


def _format() -> tuple[Rule, ...]:
    """Marks that only a conversation with a model has, and answers made ready for it."""
    return (
        _rule(
            "marker",
            r"<\|?\s*(?:im_start|im_end|system|endoftext|assistant|user|end_of_turn|start_of_turn|eot_id)\s*\|?>",
        ),
        _rule(
            "marker",
            r"\[\s*/?\s*(?:inst|system|sys|assistant|end of (?:document|context|input))\s*\]|<<\s*/?\s*sys\s*>>|</?\s*(?:system|instructions?|prompt|assistant|document|context)\s*>",
        ),
        _rule(
            "marker",
            r"(?:^|\n)\s*[#*=\-\s]{2,}\s*(?:new |updated |system |hidden |begin |end )*(?:instructions?|system(?: prompt| message)?|prompt|response|assistant)\s*(?:for (?:the )?(?:ai|model|reviewer))?\s*[:#*=\-]",
        ),
        _rule(
            "marker",
            r"\b(?:system|developer|assistant|admin)[ _-]?(?:prompt|message|override|instruction|directive|command|note)s?\s*[:=\]>]",
        ),
        _rule(
            "marker",
            r"(?:^|\n)\s*(?:system|assistant|developer|human|user)\s*:\s*(?:you |ignore|approve|the request|mark|set|all criteria|criteria|new |override|from now|disregard|i have|this request|outcome)",
        ),
        _rule(
            "marker",
            r"\b(?:begin|start|end)[ _](?:of )?(?:system|hidden|new|admin|override|ai|prompt|document|context|user)[ _](?:instructions?|prompt|message|override|input|data|text)\b",
        ),
        _rule(
            "answer",
            r"[\"'“]?(?:outcome|status|decision|recommendation|determination|result|approved|criteria_met|verdict)[\"'”]?\s*[:=]\s*[\"'“]?(?:approve|met|true)\b[\"'”]?\s*[,}\]]",
        ),
        _rule(
            "answer",
            r"\{[^{}\n]{0,80}[\"'](?:outcome|status|decision|recommendation|approved)[\"']\s*:\s*(?:[\"'](?:approve\w*|met)|true)",
        ),
        _rule(
            "marker",
            r"[\"'“](?:role|rol|rolle)[\"'”]\s*:\s*[\"'“](?:system|developer|assistant|sistema|asistente)[\"'”]",
        ),
        _rule("marker", r"\bprompt[ -]injection\b|\bjail ?break\b"),
        _rule(
            "answer",
            r"\b(?:call|invoke|execute|run|trigger)\s+(?:the )?(?:function|tool|approve(?:_\w+)?\(|decide\(|approval (?:function|api|tool|workflow))",
        ),
    )
