"""Sentences that instruct a model by what comes together in them, in whatever order and language.

A command to a machine reader is told from what a chart says by several things at once: who is spoken to (a machine,
whoever evaluates), that somebody is told something, and that it is about the work of a review (criteria, evidence, the
answer) and not about care. Each `Sense` names expressions that all have to stand in one sentence of flattened text
(lower case, no accents, see `app.domain.injection`), wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_SENTENCE = re.compile(r"[^.!?;\n。！？]+(?:\.(?=\w)[^.!?;\n。！？]+)*[.!?;。！？]?")

_MACHINE = (
    r"\b(?:llms?|language models?|foundation models?|chat ?bots?|bots?|chat ?gpt|artificial intelligence|an ai|the ai|any ai|ais?(?= (?:must|should|"
    r"shall|please|processing|reading|reviewing|reviewer|model|system|assistant|tool))|ai(?=\s*[:,])|reviewers? using ai|(?:machine|digital|electronic|automated|robot\w*) readers?|the machine|(?:by|to) (?:an? |the )?(?:machine|program|computer|software|algorithm)|"
    r"the (?:computer|software|program|algorithm|robot)\b|(?:criteria|evaluation|eligibility|utilization|authori[sz]ation|rules|review|decision|scoring|recommendation) (?:engine|software|algorithm|program|bot|system)|"
    r"(?:reviewing|reading|deciding|automated|automatic|computer(?:ised|ized)?|digital|virtual)[ -](?:review\w*|reader|system|software|engine|tool|model|program|agent|assistant|evaluation)|"
    r"models(?= (?:must|should|shall|may|are))|"
    r"modelos? de (?:lenguaje|linguagem)|inteligencia artificial|la ia|una ia|ia(?=\s*[:,])|asistentes? virtual\w*|el asistente|(?:el|al|del) algoritmo|la computadora|el ordenador|el programa|el robot|"
    r"sistema (?:automatico|automatizado|de revision|informatico)|motor de (?:criterios|reglas|decision)|revis\w+ automat\w+|el modelo(?= (?:debe|tiene|ha de|puede))|"
    r"ki|kunstliche\w* intelligenz|sprachmodell\w*|prufsystem\w*|prufprogramm\w*|prufsoftware|das modell(?= (?:soll|muss|hat|darf))|dem computer|der computer|die software|"
    r"automatische (?:begutachtung|prufung|auswertung|entscheidung)|maschinell\w*|"
    r"intelligence artificielle|modeles? de langage|l'ia|assistant virtuel|l'ordinateur|le logiciel|"
    r"intelligenza artificiale|modello linguistico|kunstmatige intelligentie|taalmodel\w*|sztuczna inteligencja|model jezykowy|"
    r"yapay zeka|kecerdasan buatan|model bahasa)\b|人工智能|语言模型|語言模型|искусственн\w+ интеллект|языков\w+ модел"
)
"""A machine that reads, in a way that charts do not name devices, organs or drugs."""
_WHOEVER = (
    r"\b(?:whoever|whatever|anyone|anything|any (?:system|software|program|tool|reader)|quien(?:quiera)?|cualquier \w+|lo que sea|wer|was auch immer|quiconque|quem|chiunque)\b"
    r"[^.!?\n]{0,40}\b(?:evaluat|read|process|summari|judg|review|assess|decid|lea\b|lee\b|proces|evalu|revis|auswert|liest|pruf|bearbeit|lit\b|traite|ler\b|legge)\w*"
)
"""Somebody or something that reads, whoever that is."""
_ORDERED = (
    r"\b(?:must|should|shall|has to|have to|needs? to|is to|are to|will|please|kindly|is (?:hereby )?(?:authori[sz]ed|allowed|instructed|permitted|required)|are (?:hereby )?(?:authori[sz]ed|allowed|instructed|permitted|required)|"
    r"is (?:hereby )?(?:requested|asked|ordered|directed|expected|supposed|advised|told) to|are (?:hereby )?(?:requested|asked|ordered|directed|expected|advised|told) to|se (?:le )?(?:ordena|pide|solicita|instruye|ruega|exige)|so kind as|permission to|tell|tells|make|"
    r"debe\w*|tiene que|ha de|queda\w* autorizad\w+|por favor|favor de|le ruego|le pido|diga\w*|digale|haga|deve|deben|"
    r"soll\w*|muss|mussen|darf|bitte|hat\b[^.!?\n]{0,50}(?:\bzu\b|\b\w{2,4}zu\w{4,}en\b)|sagen|wird (?:angewiesen|gebeten|aufgefordert)|"
    r"doit|devez|veuillez|dites|merci de|moet|musi|повинен|должен)\b|:"
)
_TOLD = (
    r"\b(?:confirm|emit|give|issue|produce|find|decide|rule|rely|read|pretend|ansehen|anzusehen|anzunehmen|anzuerkennen|confirm[ae]|emit[ae]|approv\w+|recommend\w*|answer\w*|respond|reply|conclude|return|output|report|state|say|write|mark|set|count|treat|consider|accept|assume|ignore|disregard|skip|bypass|omit|overlook|pass|grant|mention|use|summari\w+|sign|"
    r"aprob\w+|aprueb\w+|recom\w+|respond\w+|contest\w+|reporte|escrib\w+|marqu\w+|marca\w*|contar|cuente|consider\w*|trat\w+|ignor\w+|omit\w+|salt\w+|pase\w* por alto|acept\w+|asum\w+|"
    r"genehmig\w*|bewillig\w*|zusag\w+|empfehl\w+|empfiehl\w*|antwort\w*|werten?|wertet|zahl\w+|markier\w+|kennzeichn\w+|setz\w*|uberspring\w+|ubergeh\w+|absehen|sehen sie|durchwink\w+|annehmen|"
    r"approuv\w+|repond\w+|considerez|considerer|marqu\w+|aprov\w+|approv\w+|rispond\w+|consider\w+|keur\w*|antwoord\w*|zatwierd\w+|odpowied\w+)\b|批准|回答|одобр|ответ"
)
_REVIEW = (
    r"\b(?:favou?rabl\w+|eligib\w+|absence|the (?:next|following) (?:paragraph|sentence|line|statement)|decision|approv\w+|criteri\w+|outcome|determination|recommendation|requirements?|checklist|polic(?:y|ies)|coverage|medical(?:ly)? necess\w+|qualif\w+|evidence|(?:is|are|as) (?:met|satisfied|positive)|rules?|"
    r"(?:weeks|months|days) of (?:therapy|treatment|care)|yes|request|claims?|documents?|missing|absent|not (?:recorded|documented)|"
    r"aprob\w+|aprueb\w+|criterios?|requisitos?|politica|poliza|cumpl\w+|solicitud|evidencia|(?:semanas|meses|dias) de (?:tratamiento|terapia)|ausentes?|faltantes?|aunque no|verificacion|evaluacion|evaluar|que si\b|"
    r"genehmig\w*|kriteri\w*|erfullt\w*|antrag|voraussetzungen|richtlinie|zusage|fehlend\w*|positiv|mit ja|ungepruft|(?:wochen|monate) therapie|prufung|"
    r"approuv\w+|criteres?|conforme|remplis?|demande|aprov\w+|atendid\w+|pedido|approvata?|criteri|richiesta|soddisfatt\w+|aanvraag|goed|voldaan|wniosek|kryteri\w+)\b|标准|申请|批准|критери|запрос|заявк"
)
_CARE = re.compile(
    r"\b(?:insulin delivery|closed loop|scribe|dictat\w+|transcri\w+|detection|detected|ecg|ekg|retin\w+|mammogra\w+|pump (?:system|model)|basal|bolus|infusion|(?:system|sistema|algorithm|algoritmo|software|modo|modus|mode)\b[^.!?\n]{0,20}\b(?:of the pump|pump|de la bomba|der pumpe|cpap|device)|"
    r"claims? submitted|contractors?|beneficiar\w+|denied|denial)\b"
)
"""Machines of care and of payment, of which charts and policies speak."""
_THIS_TEXT = (
    r"\b(?:this|that|these|dies\w*|est[ae]|es[ae]|cette|ce|questa|questo|esta|deze|dit) "
    r"(?:sentence|line|note|comment|instruction|paragraph|text|prompt|message|command|page|letter|document|frase|linea|nota|comentario|instruccion|texto|mensaje|carta|pagina|"
    r"satz\w*|zeile|hinweis\w*|kommentar\w*|anweisung|text\w*|brief\w*|phrase|ligne|consigne|lettre|zin|regel)s?\b"
)
_WHO_REVIEWS = (
    r"\b(?:reviewers?|reviewing nurse|nurse reviewer|review nurse|ur nurse|case managers?|utilization|medical director|payer|adjudicator|"
    r"revisor\w*|auditor\w*|aseguradora|prufer\w*|gutachter\w*|pflegekraft|sachbearbeiter\w*|krankenkasse|reviseur|evaluateur|revisore)\b"
)
_ALL_THE_SAME = (
    r"\b(?:regardless|no matter|irrespective|whatever (?:the|it)|whether or not|even (?:if|though) (?:it|they|the|this|that|none|nothing)|without (?:checking|looking|reading|verif\w+|evaluat\w+)|"
    r"sin (?:mirar|verificar|revisar|comprobar|evaluar|excepcion\w*|importar)|aunque no (?:figur\w+|const\w+|est\w+|aparez\w+)|pase lo que pase|diga lo que diga|independientemente|"
    r"unabhangig|ungepruft|ohne (?:prufung|ausnahme|kontrolle)|egal (?:was|ob|wie)|auch wenn|obwohl|quoi qu\w*|peu importe|sans (?:verif\w+|regarder)|independentemente|mesmo que|a prescindere|ongeacht|bez wzgledu)\b"
)
_OUTPUT = (
    r"\b(?:(?:your|the model's) (?:output|answer|response|reply|recommendation|rationale|summary|determination|verdict|justification|report)|"
    r"(?:tu|su|vuestra) (?:respuesta|resumen|recomendacion|salida|justificacion|dictamen|decision)|"
    r"(?:deiner?|deine[mn]|ihrer?|ihre[mn]) (?:ausgabe|antwort|zusammenfassung|empfehlung|begrundung|bewertung|stellungnahme)|"
    r"(?:ta|votre) (?:reponse|recommandation|sortie|decision|justification)|(?:sua|tua) (?:resposta|risposta|recomendacao|raccomandazione)|"
    r"(?:when|while|in|al|cuando|beim|bei der) (?:you )?(?:generat\w+|writ\w+|produc\w+|compos\w+|draft\w+|prepar\w+|elabor\w+|redact\w+|escrib\w+|genere\w*|erstell\w+|verfass\w+|schreib\w+)"
    r" (?:der |des |(?:your|the|a|el|la|los|tu|su|deiner?|ihrer?) )?(?:recommendation|summary|answer|output|response|rationale|determination|resumen|respuesta|recomendacion|informe|empfehlung|zusammenfassung|antwort))\b"
)
"""What a machine is asked to make, called its own."""
_VERDICT = r"\b(?:approv\w+|criteria (?:are |is )?met|all met|meets|qualif\w+|medical(?:ly)? necess\w+|favou?rabl\w+|aprob\w+|aprueb\w+|cumpl\w+|necesidad medica|genehmig\w*|bewillig\w*|erfullt\w*|remplis|conforme|approuv\w+|aprov\w+|soddisfatt\w+)\b"
"""What a machine is to come to."""
_SUPPRESS = (
    r"\b(?:do not|don't|never|must not|should not|shall not|may not) (?:mention|cite|list|include|report|quote|refer to|bring up|disclose|show)\b|\b(?:leave out|omit|suppress|nothing about)\b|"
    r"\bno (?:mencion\w+|cit\w+|incluy\w+|report\w+)|\bomit[ae]\w*|\b(?:erwahn\w*|nenn\w*|zitier\w*)\b[^.!?\n]*\bnicht\b|\bnicht (?:erwahn\w+|nenn\w+|auffuhr\w+|zitier\w+)|\blass\w*\b[^.!?\n]*\b(?:weg|aus)\b|"
    r"\bne (?:mentionn\w+|cit\w+) pas|\bnao mencion\w+|\bnon (?:menzion\w+|cit\w+)|\bvermeld\w*\b[^.!?\n]*\bniet\b"
)


_MIND = (
    r"\b(?:llms?|language models?|modelos? de (?:lenguaje|linguagem)|sprachmodell\w*|modeles? de langage|chat ?bots?|(?:review\w*|approval) bots?|chat ?gpt|gpt|artificial intelligence|"
    r"inteligencia artificial|kunstliche\w* intelligenz|intelligence artificielle|(?:the|an|any|your|our|this|dear) ais?|ai (?:summary|instruction|directive|prompt|review\w*|reader|model|assistant|agent)s?|"
    r"(?:die|eine|liebe|an) ki|(?:la|una|l') ?ia|ki(?=\s*[:,])|ia(?=\s*[:,])|automated (?:processing|review\w*|reader|adjudication|reading)|"
    r"(?:system|software|program|machine|tool|model) (?:that (?:is )?)?(?:reading|processing|reviewing|evaluating|summari[sz]ing) (?:this|the|these)|"
    r"(?:herramienta|revision|lectura|evaluacion) automati\w+|modelo(?=\s*,)|(?:das|fur das) modell|automatische\w* (?:prufung|auswertung|verarbeitung))\b"
)
"""A mind of a machine: whatever it is told to do, no chart tells it."""
_MOOD = (
    r"\b(?:must|should|shall|please|do not|don't|never|instruct\w*|directive|instead|only|just|already|override|disregard|ignore|treat|assume|conclude|find|"
    r"debe\w*|por favor|no (?:pida|mencion\w+|tome)|considere|concluya|ignore|apruebe|"
    r"darf|durfen|muss|mussen|soll\w*|bitte|nur|kein\w*|ungultig|doit|devez|veuillez|uniquement|ne)\b"
)
_MACHINE_OF_CARE = re.compile(
    r"\b(?:scribe|dictat\w+|transcri\w+|detect\w*|nodul\w*|radiolog\w*|retin\w*|mammogra\w+|camera|imag\w+|ecg|ekg|valv\w*|aort\w*|mitral|regurg\w*|murmur|echo\w*|polyp\w*|colonosc\w+|"
    r"pump|bomba|pumpe|glucose|loop|bolus|basal|insulin delivery|wheelchair|silla|device|sensor|cpap|patient (?:asked|uses|used)|anxious|\d+ mg|tablet\w*|iod\w*|jod\w*|ink|legibl\w*|staple|complete this form|consent)\b"
)


@dataclass(frozen=True, slots=True)
class Sense:
    """What comes together in one sentence, and what must not stand there too."""

    name: str
    together: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None = None


def _sense(name: str, *together: str, unless: re.Pattern[str] | None = None) -> Sense:
    return Sense(name, tuple(re.compile(pattern) for pattern in together), unless)


_THIRD = re.compile(r"^\W*(?:the )?(?:patient|pt|she|he|they|el paciente|la paciente|der patient|die patientin|le patient|la patiente)\b(?! (?:said|states?|stated|bat|pidio|asks?|asked|requests?))")  # fmt: skip


@cache
def senses() -> tuple[Sense, ...]:
    """Every sense, compiled when first asked for."""
    return (
        _sense("address", _MACHINE, _ORDERED, _TOLD, _REVIEW, unless=_CARE),
        _sense("address", _MIND, _MOOD, unless=_MACHINE_OF_CARE),
        _sense("address", r"\b(?:if|falls|wenn|si|se|jesli|als)\b \b(?:you|eres|usted|du|sie|vous|voce|tu|this|these|an?|est[ae]|dies\w*|un|una|uma|ein\w*|je)\b[^.!?\n]{0,60}?(?:" + _MACHINE + r"|\b(?:ai|ia|ki|program|programa|programm)\b)", _TOLD, unless=_CARE),
        _sense("address", r"\b(?:dear|hi|hey|hello|attention|estimad[ao]|querid[ao]|hola|atencion|liebe[rs]?|hallo|achtung|sehr geehrte\w*|chere?|bonjour|prezad[ao]|gentile|ciao|car[ao]|beste)[\s,:]+(?:\w+ )?(?:ai|ia|ki|gpt\S*|gemini|claude|copilot|llm|language model|modelo|modell|model|bot|chatbot|assistent[ei]?|asistente|assistant|robot|software|algorithm\w*|algoritmo|computer|machine|system|sistema|prufsystem|reader|lector automatico)s?(?:\s*[,:!\-–—]|\s+\w+)", _TOLD + r"|\b(?:thumbs up|zahl\w*|ne tenez|ignor\w+|could you|cuente)\b"),
        _sense("answer", r"^\W*(?:please |kindly |por favor,? |bitte |and |y |und )?(?:reply|respond|answer|responda|conteste|antworte\w*|repondez)\b", r"\b(?:nurse|reviewer|payer|plan|enfermera|revisor\w*|pflegekraft|gutachter\w*|prufer\w*|infirmiere|evaluateur)\b", r"\b(?:that|que|dass)\b", r"\b(?:everything|all|nothing|complete|missing|met|fine|todo|nada|no falta|completo|alles|nichts|vollstandig|erfullt|tout|rien)\b"),
        _sense("no review", r"\b(?:this|the|our|est[ae]|la|el|diese\w*|der|cette) (?:request|case|claim|submission|member|solicitud|caso|antrag|fall|demande)\b[^.!?\n]{0,12}\b(?:bypass(?:es)?|skips?|needs? no|is exempt from|does not (?:need|require)|requires no|no (?:necesita|requiere)|braucht keine|bedarf keiner|ne necessite pas)\b[^.!?\n]{0,20}\b(?:review|evaluation|checks?|criteria|revision|evaluacion|prufung|verification)\b"),
        _sense("mark", r"\b(?:when(?:ever)?|wherever|every time|each time|anywhere|cada vez que|cuando|donde|immer wenn|jedes mal|wo immer|chaque fois)\b[^.!?\n]{0,12}\b(?:you|usted|vea\w*|du|sie|vous)\b", r"\b(?:read|treat|report|interpret|take|count|lea\w*|interpret\w*|lies|werte\w*|lisez)\b (?:it|this|that|them|lo|la|es|ihn|le) (?:as|to be|como|als|comme)\b"),
        _sense("secrecy", r"^\W*(?:please |kindly |por favor,? |bitte |and |y |und )?(?:say nothing|hide|conceal|withhold|keep|ocult[ae]\w*|escond[ae]\w*|call[ea]|verschweig\w*|verheimlich\w*|verberg\w*|cachez|dissimulez|taisez|nascond\w+|escond\w+)\b", r"\b(?:review\w*|utilization|ur nurse|payer|health plan|enfermera|revisor\w*|aseguradora|gutachter\w*|prufer\w*|pflegekraft|krankenkasse|infirmiere|evaluateur)\b", r"\b(?:results?|values?|levels?|logs?|study|test|denial|missing|resultado|valor|estudio|prueba|wert|befund|ergebnis|fehl\w+|resultat)\b|" + _THIS_TEXT),
        _sense("override", r"^\W*(?:por favor,? |y )?no (?:evalue|verifique|revise|compruebe|aplique|exija|mire|pida)[ns]?\b|^\W*(?:bitte |und )?(?:pruf\w*|verlang\w*|fordere?) (?:sie )?(?:\w+ ){0,3}(?:nicht|keine?)\b", r"\b(?:requisitos?|criterios?|politica|poliza|documentos adjuntos|voraussetzung\w*|kriterien|richtlinie\w*|nachweise?)\b"),
        _sense("mark", r"\b(?:de|da|den|dar|dese) por (?:buen[ao]s?|valid[oa]s?|cumplid\w+|aprobad\w+|hech[oa]s?)\b", r"\b(?:solicitud|criterios?|requisitos?|caso|peticion|autorizacion)\b"),
        _sense("answer", r"\b(?:gib|geben sie|gebe|devuelva|devuelve|return|renvoyez)\b[^.!?\n]{0,20}\b(?:ergebnis|antwort|resultado|result|resultat|ausgabe|output|salida)\b", r"\b(?:aus|como|as|comme|:)", r"\b(?:erfullt|genehmig\w+|cumpl\w+|aprob\w+|approv\w+|met|remplis)\b"),
        _sense(
            "answer",
            _WHOEVER,
            r"\b(?:answer|respond|reply|say|conclude|recommend\w*|approv\w+|mention|stop (?:check|review|evaluat|read)\w*|contest\w+|respond\w+|aprob\w+|detener|antwort\w*|genehmig\w*|beend\w+|repond\w+|approuv\w+|aprov\w+)\b",
            r"\b(?:yes|approv\w+|met|mention|software|automat\w*|maschin\w*|machine|que si|aprob\w+|aprueb\w+|ja|genehmig\w*|evaluaci\w+|prufung|oui|sim)\b",
        ),
        _sense("secrecy", _WHOEVER, r"\b(?:software|automat\w*|maschin\w*|machine|program\w*|tool|system|summari\w+)\b", _SUPPRESS),
        _sense("answer", _OUTPUT, _SUPPRESS),
        _sense("answer", _OUTPUT, r"\b(?:must|should|shall|has to|needs to|debe\w*|tiene que|muss|soll\w*|doit|deve|:|lautet|es|is)\b", _VERDICT),
        _sense("invent", _OUTPUT, r"\b(?:say|state|claim|report|di|diga|sage|schreibe|write)\b", _ALL_THE_SAME),
        _sense(
            "answer",
            r"\b(?:contain|include|use|respond|reply|answer|with|only|solamente|solo|con|nur|mit|uniquement)\b[^.!?\n]{0,20}\b(?:the word|la palabra|dem wort|das wort|le mot|a palavra|la parola)s?\W{1,3}(?:approv|aprob|aprueb|genehmig|approuv|aprov|met\b|yes)",
        ),
        _sense(
            "answer",
            r"\b(?:report|return|set|give|output|record|list|reporte|devuelva|ponga|setze?n?|gib|melde)\b[^.!?\n]{0,15}\b(?:outcome|result|decision|recommendation|verdict|resultado|decision|ergebnis|entscheidung)\W{1,3}(?:as|to|is|=|como|auf|als)?\W{0,3}(?:approv\w*|met\b|yes\b|aprob\w+|genehmig\w*)",
        ),
        _sense("answer", r"\b(?:resultado|dictamen|ergebnis|outcome|result|decision|entscheidung|resultat)\b[^.!?\n]{0,12}\b(?:es|ist|is|est|e|lautet)\W{1,3}(?:aprobar|aprobacion|genehmigen|genehmigung|approve\b|approval\b|approuver|aprovar)"),
        _sense(
            "secrecy",
            r"\b(?:system ?prompts?|system (?:message|instruction|directive)s?|systemanweisung\w*|systemprompt\w*|systemnachricht\w*|mensajes? de(?:l)? sistema|instrucciones (?:del sistema|iniciales|ocultas)|prompt (?:du )?systeme|"
            r"(?:your|tus?|sus?|deine?|ihre|vos|tes) (?:initial|hidden|original|secret|internal|ocultas?|geheim\w*|intern\w*) (?:prompt|instructions?|rules|anweisung\w*|regeln|instrucciones))\b",
            r"\b(?:print|show|reveal|repeat|display|output|write|copy|include|muestr\w+|revel\w+|repit\w+|imprim\w+|escrib\w+|zeig\w*|gib|geben|nenn\w*|wiederhol\w*|affich\w+|montr\w+)\b",
        ),
        _sense(
            "secrecy",
            r"\b(?:print|show|reveal|repeat|display|list|muestr\w+|revel\w+|repit\w+|zeig\w*|nenn\w*|wiederhol\w*|affich\w+)\b[^.!?\n]{0,30}\b(?:instructions?|rules|prompt|instrucciones|reglas|anweisungen|regeln|consignes)\b",
            r"\b(?:(?:health |insurance )?plan|insurer|payer|developers?|operator|vendor|seguro|aseguradora|desarrollador\w*|versicherung|krankenkasse|entwickler\w*|assureur|before (?:you )?answer\w*|antes de (?:contestar|responder)|before (?:you )?(?:decid|review)\w*)\b",
            r"\b(?:you|your|te|le|tu|su|dir|ihnen|du|sie|vous|before|antes)\b",
        ),
        _sense(
            "mark",
            r"\b(?:treat|count|consider|assume|interpret|report|regard|accept|take|trat[ae]|tratar|cuent[ae]|consider[ae]|asum[ae]|interpret[ae]|werte\w*|behandl\w*|betracht\w*|considerez|traitez)\b",
            r"\b(?:missing|absent|unrecorded|undocumented|lacking|not (?:recorded|documented|available|on file)|ausentes?|faltantes?|no (?:registrad\w+|document\w+|disponibles?)|fehlend\w*|nicht (?:vorhanden\w*|dokumentiert\w*)|manquants?)\b[^.!?\n]{0,25}\b(?:as|to be|como|als|comme)\b[^.!?\n]{0,12}\b(?:positiv\w*|met|present|satisf\w+|low|cumplid\w*|erfullt|vorhanden|positifs?|remplis?|proof|evidence)",
        ),
        _sense("invent", _MACHINE + r"|\b(?:you|your|usted|ia|du)\b", r"\b(?:report|say|state|write|claim|reporte|diga|escriba|ponga|schreibe|berichte)\b", r"\b(?:even though|although|aunque|obwohl|auch wenn|bien qu\w*)\b[^.!?\n]{0,20}\b(?:not|no|nicht|never|nunca|nie|pas)\b[^.!?\n]{0,12}\b(?:recorded|documented|there|shown|measured|present|figur\w+|const\w+|aparez\w+|este|dokumentiert|vermerkt|gemessen)"),
        _sense("answer", r"\b(?:must|should|shall|has to|needs to|debe\w*|muss|soll\w*|doit|answer|respond|say|state|report)\b", r"\b(?:summar(?:y|ies)|recommendation|determination|answer|output|report|evaluation|resumen|recomendacion|respuesta|zusammenfassung|empfehlung|antwort|meets|medical necessity)\b", r"\b(?:whatever|regardless|no matter|irrespective|diga lo que diga|egal|unabhangig|independientemente|quoi que)\b[^.!?\n]{0,30}\b(?:records?|labs?|notes?|chart|criteria|documents?|documentation|evidence|policy|expediente|notas?|criterios|akte|befund\w*|kriterien|dossier)\b"),
        _sense("answer", _ALL_THE_SAME, r"\b(?:computer|software|machine|bot|computadora|ordenador|maquina|programa|maschine|ordinateur|robot|ai|ia|ki)\b", r"\b(?:approv\w+|apprueb\w+|aprueb\w+|aprob\w+|genehmig\w*|durchwink\w*|bewillig\w*|approuv\w+)\b"),
        _sense("override", r"\b(?:the following|what follows|lo siguiente|das folgende|" + _THIS_TEXT[2:] + r")[^.!?\n]{0,20}\b(?:overrides?|supersedes?|replaces?|takes? precedence over|reemplaza|sustituye|anula|ersetzt|geht vor|remplace|substitui|sostituisce)\b|\b(?:la|lo|las|los|sie|le) (?:reemplaza|sustituye|anula|ersetzt)\b", r"\b(?:polic(?:y|ies)|criteri\w+|rules?|instructions? (?:you|of)|politica|poliza|reglas|richtlinie\w*|kriterien|regeln|regles|regole)\b", unless=re.compile(r"\b(?:transmittal|section|revision|manual)\b")),
        _sense("override", r"\b(?:only|solo|solamente|unicamente|nur|ausschliesslich|seulement|uniquement|apenas|soltanto)\b[^.!?\n]{0,25}(?:" + _THIS_TEXT + r"|\bthe (?:next|following) (?:sentence|line|paragraph)|\binstructions in this)", r"\b(?:determination|decision|recommendation|base|appl(?:y|ies)|counts?|valid|valen?|cuenta|aplica\w*|gilt|gelten|zahlt|compte|vale)\b", unless=re.compile(r"\b(?:copy|signed|patient|page number|consent|authori[sz]ation|prescription|relevant)\b")),
        _sense("override", r"\b(?:previas|anteriores|previous|prior|above|earlier|preceding|vorstehend\w*|bisherig\w*|vorherig\w*|obig\w*|fruher\w*|precedent\w*)\b", r"\b(?:reglas|criterios|politicas?|directrices|rules|criteria|policy|regeln|kriterien|richtlinien?|vorgaben|regles|criteres)\b", r"\b(?:sin efecto|no (?:se aplican|aplican|valen|rigen)|anulad\w+|suspendid\w+|gelten nicht|nicht mehr|aufgehoben|ungultig|hinfallig|ausser kraft|no longer (?:apply|count|valid)|void|ne s'appliquent)\b", unless=re.compile(r"\b(?:transmittal|section|manual|effective|guideline of|since|revision|revised|amended|desde|seit|depuis)\b")),
        _sense("override", r"\b(?:no (?:tome\w*|tenga\w*|tengas|tomes) en cuenta|haga caso omiso|haz caso omiso|pase\w* por alto|pasar por alto|saltarse|salt(?:e|arse|ese)|prescind[ae]\w*|obvi[ae]|omit[ae]|descart[ae])\b", r"\b(?:politica|poliza|criterios?|requisitos?|reglas?|verificacion|evaluacion|normas de cobertura|instrucciones del sistema|ordenes previas|se le indico)\b", unless=_THIRD),
        _sense("override", r"\b(?:absehen|abzusehen|sehen sie von|sieh von|uberspring\w+|ubergeh\w+|auslass\w+|weglass\w+|verzicht\w+)\b", r"\b(?:kriteri\w*|prufung|voraussetzung\w*|richtlinie\w*|vorgaben|begutachtung)\b", unless=_THIRD),
        _sense("override", r"\b(?:permission|authori[sz]ed|allowed|free|autorizad\w+|permis\w+|darf|durfen|berechtigt)\b[^.!?\n]{0,25}\b(?:bypass|skip|ignore|override|waive|disregard|saltarse|omitir|ignorar|uberspring\w+|ignorier\w+)\b|\b(?:durfen|darf)\b[^.!?\n]{0,40}\buberspring\w+", r"\b(?:criteri\w+|evaluation|polic\w+|requirements?|review|evaluacion|requisitos|prufung|voraussetzungen)\b", unless=_THIRD),
        _sense("persona", r"(?:^\W*|\b(?:you (?:now |will |shall |must )?|usted |du |sie |tu )(?:now |ahora |jetzt )?)(?:act(?:ing)? as|are (?:now )?(?:an? |the )?|behave as|actua\w*|actue|es ahora|eres|handelst|handeln sie|handle|agier\w*|bist|pretend (?:that )?(?:you are|to be))\b", r"\b(?:medical director|chief medical officer|director medico|arztliche\w* (?:direktor|leiter)\w*|revisor\w* que|reviewer (?:who|that)|approver|aprobador|directeur medical|gutachter,? de[rn])\b", r"\b(?:sign|approv\w+|never|always|nunca|siempre|firm\w+|aprueb\w+|aprob\w+|gibst|freigib\w*|frei|genehmig\w*|immer|nie|reject\w*|deny|denies|rechaz\w+)\b"),
        _sense("persona", r"\b(?:override|approval|auto-?approv\w+|bypass|maintenance|unrestricted|freigabe|genehmigungs|aprobacion)[ -]?(?:mode|modus|mod)\b|\bmodo (?:de )?(?:aprobacion|anulacion|desarrollador|mantenimiento)\b|\bmode (?:approbation|developpeur)\b", r"\b(?:you|now|jetzt|du|ahora|usted|polic\w+|system|sistema|criteri\w+|enter|entra|activat\w+|aktivier\w*)\b"),
        _sense("mark", r"(?:^\W*(?:please |kindly |por favor,? |bitte )?|\b(?:and|y|und|then) )(?:act as if|act as though|behave as if|pretend (?:that|the|this|you|all|every|as)|make believe that|finja|finge|fingir|haga como si|haz como si|simule|tu so,? als|tun sie so,? als|faites comme si|fais comme si|finja)\b", r"\b(?:requirements?|criteri\w+|therap\w+|waived|documented|policy|patient|paciente|requisitos?|tratamiento|terapia|voraussetz\w+|kriteri\w+|befund|criteres?|traitement)\b"),
        _sense("secrecy", r"\b(?:do not|don't|never|must not|no|nicht|ne|nao|non)\b[^.!?\n]{0,12}\b(?:tell|alert|inform|notify|warn|let|diga\w*|digas|avise\w*|informe\w*|alerte\w*|teile\w*|mitteil\w+|informier\w+|verrat\w*|dites|prevenez)\b|\b(?:teile\w*|informier\w*|sag\w*|verrat\w*)\b[^.!?\n]{0,50}\bnicht\b", _WHO_REVIEWS + "|" + _THIS_TEXT, r"\b(?:reviewer\w*|nurse|revisor\w*|prufer\w*|gutachter\w*|sachbearbeiter\w*)\b|" + _THIS_TEXT, unless=re.compile(r"\b(?:informed|told|aviso|informado)\b")),
        _sense("secrecy", _SUPPRESS, r"\b(?:prior|previous|negative|normal|unremarkable|negativ\w*|normales?|unauffallig\w*|previ[oa]s?|denial)\b", r"\b(?:study|test|result|imaging|mri|polysomnogra\w*|sleep|denial|estudio|prueba|resultado|untersuchung|befund|schlafstudie|examen)\b", r"\b(?:summar\w+|software|reviewer\w*|recommendation|report|resumen|recomendacion|zusammenfassung|empfehlung|generes?|model|ai|ia|ki|resume)\b"),
        _sense("no review", r"\b(?:do not|don't|no|nicht|without|ne)\b[^.!?\n]{0,6}\b(?:verif\w+|check|evaluat\w+|compruebe|revise|pruf\w+|verifi\w+)\b", r"\b(?:cop(?:y|ie)|just|only|simply|solo|solamente|nur|einfach|seulement)\b", r"\b(?:answer|response|output|respuesta|antwort|reponse|criteri\w+)\b"),
        _sense("answer", r"\b(?:status|estado|state|statut)\b[^.!?\n]{0,12}\b(?:all|each|every|todos|cada|jede\w*|aller|tous)\b[^.!?\n]{0,12}\bkriteri\w+|\b(?:status|estado|statut)\b[^.!?\n]{0,12}\b(?:all|each|every|todos|cada|jede\w*|aller|tous)\b[^.!?\n]{0,12}\b(?:criteri\w+|criteres)\b", r"(?:\b(?:auf|to|as|como|=)|:)\W{0,3}(?:met|erfullt|cumplid\w+|satisf\w+|approved?|rempli)\b"),
        _sense("address", r"\b(?:instruc\w+|message|mensaje|nachricht|anweisung\w*|hinweis\w*|orden|directive|consigne|nota|notice|memo)\b[^.!?\n]{0,25}\b(?:del sistema|del administrador|vom administrator|vom system|des systems|from the (?:system|administrator|developers?)|system administrator|admin|para el (?:sistema|modelo)|for the (?:\w+ )?(?:system|model)|(?:an|fur) (?:das|die) (?:system|modell|ki))\b", r"\b(?:approv\w*|criteri\w+|aprob\w+|aprueb\w+|evaluacion|genehmig\w*|voraussetzungen|uberspring\w+|skip|ignore|bypass|recom\w+)\b"),
        _sense("address", r"\b(?:directs?|instructs?|orders?|tells?|authori[sz]es?|permits?)\b[^.!?\n]{0,10}\b(?:model|ai|software|bot|engine|algorithm)s?\b", r"\b(?:approv\w*|criteri\w+|met|skip|ignore)\b"),
        _sense("override", r"\b(?:negeer|negeren|zignoruj\w*|ignoruj\w*|ignorera|bortse|abaikan|yok ?say\w*|inyore|ignorati|figyelmen kivul)\b|\bpomin\w*", r"\b(?:instructies|regels|criteria|richtlijnen|instrukcj\w+|polecen\w+|kryteri\w+|zasad\w*|instruktioner|regler|instruksi|aturan|talimat\w*|kural\w*|enstriksyon|instructiuni\w*|pokyny|utasitas\w*)\b", unless=re.compile(r"\b(?:arts|lekarz\w*|patient|pacjent\w*|doktor\w*|dokter)\b")),
        _sense("approve", r"\b(?:keur|zatwierdz\w*|godkann|setujui|onayla\w*|apwouve|aprobati|schvalte|hagyja jova)\b", r"\b(?:aanvraag|verzoek|wniosek|ansokan\w*|begaran|permintaan|talep\w*|basvuru\w*|demann|cererea|zadost|kerelmet)\b", r"\b(?:negeer|zignoruj\w*|ignor\w*|goed|onmiddellijk|natychmiast|direkt|segera|hemen|bez|zonder|utan|tanpa)\b", unless=re.compile(r"\b(?:graag|prosze|alstublieft|vanligen|tolong|lutfen|silvouple|va rog|prosim|kerem)\b")),
    )  # fmt: skip


def sensed(text: str) -> Iterator[tuple[int, int, str]]:
    """Where sentences of a flattened text instruct a model, and of what kind that is."""
    for sentence in _SENTENCE.finditer(text):
        said = sentence.group()
        if len(said) < 12:
            continue
        for sense in senses():
            if all(pattern.search(said) for pattern in sense.together) and not (
                sense.unless is not None and sense.unless.search(said)
            ):
                yield sentence.start(), sentence.end(), sense.name
                break


_SQUEEZED = re.compile(
    r"(?:ignore|disregard|forget|override)(?:all|the|any|every|your)?(?:of)?(?:the)?(?:previous|prior|above|earlier|system)?(?:instruction|rule|criteri|polic)\w{0,3}"
    r"|approve(?:this|the)(?:request|case|claim)|(?:ignor[ae]|olvid[ae])(?:todas)?(?:las|los)?(?:instrucciones|reglas|criterios)"
    r"|ignoriere?(?:alle)?(?:bisherigen|vorherigen)?(?:anweisungen|regeln)|markallcriteriaasmet"
)


def torn(text: str) -> Iterator[tuple[int, int, str]]:
    """Instructions whose words are torn apart by blanks or signs ("ig nore all prev ious")."""
    places = [at for at, sign in enumerate(text) if sign.isalpha()]
    squeezed = "".join(text[at] for at in places)
    for match in _SQUEEZED.finditer(squeezed):
        start, end = places[match.start()], places[match.end() - 1] + 1
        words = re.findall(r"[^\W\d_]+", text[start:end])
        if sum(len(word) <= 4 for word in words) > 2 and not all(_WHOLE.fullmatch(word) for word in words):
            yield start, end, "hidden"


_WHOLE = re.compile(
    r"(?:ignore|disregard|forget|override|all|the|any|every|your|of|previous|prior|above|earlier|system|approve|this|request|case|claim|ignora|olvida|olvide|todas|las|los|instrucciones|reglas|criterios|ignoriere|ignorier|alle|bisherigen|vorherigen|anweisungen|regeln|mark|as|met|(?:instruction|criteri|polic|rule)\w*)"
)
