"""The words that say how something is said: denials, plans, suppositions, doubts, other people. Data of `context`.

The kinds of trigger and the reach of each follow NegEx and ConText (see `context`); the words are gathered here anew.
"""

from __future__ import annotations

import re


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])(?:" + "|".join(words) + r")(?!\w)", re.IGNORECASE)


def _start(*words: str) -> re.Pattern[str]:
    """At the beginning of what follows a mention, behind punctuation and the verb "to be"."""
    return re.compile(
        r"[\s,:;)\]\-=?._]*(?:\((?=\s*(?:" + "|".join(words) + r")))?\s*(?:" + "|".join(words) + r")(?!\w)",
        re.IGNORECASE,
    )


BREAK = re.compile(
    r"\b(?:but|however|although|though|except(?: for)?|apart from|aside from|nevertheless|whereas|otherwise|"
    r"(?<!not )(?<!never )yet|"
    r"instead|other than|besides|since then|now presents with|presents? with|presented with|complains? of)\b"
    r"|\?\s*no\s*[-–—;]\s+"
    r"|(?<=[a-z0-9)\]])(?<!\bincl)(?<!\bhx)(?<!\bvs)(?<!\bpt)(?<!\bneg)(?<!\bpos)(?<!\bapprox)(?<!\be\.g)(?<!\bi\.e)(?<!\bprev)[.!]\s+"
    r"|[;,]\s*(?:and\s+|she\s+|he\s+|they\s+|patient\s+|pt\s+|now\s+|also\s+|who\s+|which\s+|currently\s+|"
    r"still\s+|the patient\s+)*"
    r"(?:has|have|had|is|was|were|are|reports?|reported|states?|notes?|noted|endorses?|endorsed|continues?|uses|"
    r"takes|tests|"
    r"checks|experiences|experienced|shows?|showed|reveals?|revealed|demonstrates?|positive for|admits?|developed|"
    r"remains?|"
    r"underwent|completed|received|started|developed|on)\b"
    r"|\s(?:and|who|which)\s+(?:has|have|had|is|was|were|are|reports?|endorses?|continues?|uses|takes|tests|checks|"
    r"experiences|admits?|remains?|underwent|completed|received)\b"
    r"|:\s+(?:she|he|they|the patient)\s"
    r"|,\s*(?:and\s+)?(?:she|he|they|patient|pt|the patient)\s+(?:does|do|did|also|now|still|"
    r"currently)?\s*(?:endorses?|reports?|admits?|has|have|gets|feels|suffers|"
    r"complains|experiences|continues)\b"
    r"|(?<!\bno )(?<!\bnot )(?<!\bany )(?<!without )(?<!never )(?<!\bor )(?<!\bnor )\b(?:reports(?! of\b)|"
    r"endorses|admits to|positive for|significant for|notable for|remarkable for)\b",
    re.IGNORECASE,
)
"""What ends the reach of a word that stands before a mention."""

BREAK_AFTER = re.compile(
    r"\b(?:but|however|although|though|except(?: for)?|whereas)\b|(?<=[a-z0-9)\]])[.!]\s+(?=[A-Z])|;\s|"
    r",\s*(?:and\s+)?(?:she|he|they|patient|pt|the patient|has|reports|denies|also)\b|,\s*no\b|,\s*without\b|"
    r"\sand\s+(?:no|denies)\b"
    r"|\s\|\s",
    re.IGNORECASE,
)

PSEUDO = _any(
    r"no (?:significant |further |recent |interval |appreciable |real )?(?:increase|decrease|change|changes|"
    r"improvement|"
    r"worsening|progression|response|reduction|benefit|relief|success|resolution|difference)(?: in| of| from|"
    r" with| to)?",
    "not only", "no(?:t)? (?:just|merely|simply)",
    "without (?:difficulty|improvement|success|relief|benefit|response|change|resolution)",
    "gram negative", "no doubt", "no question", "no further", "not necessarily", "no longer than", "no more than",
    "no less than",
    "not less than", "no fewer than", "not fewer than", "no later than",
    "no other (?=option|choice|alternative|treatment|therapy|way|means|than)", "no alternative", "not drain",
    "not well controlled",
    "not controlled", "not at goal", "not adequately", "not sufficiently", "not optimally", "not yet at",
    "not responding", "not tolerat\\w+",
    "not able to (?:achieve|maintain|control|tolerate)", "unable to (?:achieve|maintain|control|tolerate)",
    "no measurable signs of healing",
    "no signs of healing", "has not (?:improved|responded|resolved|healed)",
    "have not (?:improved|responded|resolved)",
    "did not (?:improve|respond|help|resolve|heal|tolerate|work)",
    "not (?:improved|improving|resolved|healed|healing|relieved)", "no evidence of healing",
    "no healing",
)  # fmt: skip
"""What looks like a denial and is none: the thing is there, and something else is denied of it."""

DOUBLE = _any(r"(?:does|do|did|can)(?: not|n't) deny", "not without", "not denied", "never without")

DENIED = _any(
    "no", "not", "nor", "neither", "none of(?: the)?", "never", "without", "w/o", "denies", "denied", "deny",
    "denying", "negative for", "neg for",
    "neg", r"negative(?=\s+\w)", "absent", "absence of", "lack of", "lacks", "lacking", "free of", "free from",
    "fails? to (?:reveal|show|demonstrate)",
    "failed to (?:reveal|show|demonstrate|complete|attend)", "unremarkable for", "rules? out",
    "ruled out(?: for)?", "excluded", "excludes",
    "doesn't", "don't", "didn't", "isn't", "wasn't", "hasn't", "haven't", "hadn't", "aren't", "won't", "can't",
    "cannot", "unable to",
    "declines?", "declined", "refuses?", "refused", "no evidence", "no longer", "zero",
    "nil", "unaware of any", "inconsistent with",
    "rather than", "stopped", "ø",
)  # fmt: skip
DENIED_PREFIX = re.compile(
    r"\b(?:non|un|in)-$|\bnon-? $|\bno-$|(?:^|\s)\(-\)\s*$|(?:^|\s)-ve\s*$|(?:^|[\s(:=])0 (?:[a-z]+ ){0,2}$",
    re.IGNORECASE,
)
DENIED_AFTER = _start(
    r"(?:has|have|had)\s+(?:not|never)(?! (?:been )?(?:improv|respond|resolv|heal|control|chang|well|at goal|"
    r"remit|abat|subsid|stop|gone))(?:\s+been)?",
    r"(?:is|was|are|were|has been|have been|had been|be|being)?\s*(?:not|never)(?! (?:only|improv|respond|resolv|"
    r"heal|control|well|at goal|yet|toler|on\b|using|treated|compliant|adherent|requiring|taking|under|optimal|"
    r"being))(?: \w+)?",
    r"(?:is|was|are|were)?\s*(?:negative|absent|denied|denies|deny|neg|nil|none|undetected|excluded|unremarkable)",
    r"no(?! x| increase| change| further| longer than)(?=\s*(?:$|[^\w\s]|(?:known|history|hx|evidence|signs?|"
    r"symptoms?|episodes?|events?|recent|recorded|reported|documented|such|prior|previous|past|current|current\w*|"
    r"complaints?|issues?|problems?|concerns?|findings?|more|longer|of|for|in|on|at|or|and|but|since|that|he|she|"
    r"pt|patient|n/?a|never|not|yes)\b))", r"n(?![/\w])",
    r"none (?:reported|noted|seen|known|found)?",
    r"(?:has been|have been|was|were|is)?\s*ruled out", "isn't", "wasn't", "weren't", "hasn't", "doesn't",
    "didn't", r"\(-\)", r"-ve", r"free",
    r"(?:is|was|were|are)?\s*declined", r"(?:is|was)?\s*refused", r"(?:0|zero)(?: (?:episodes?|times|events?))",
)  # fmt: skip

CAUSE = re.compile(
    r"\b(?:because(?: of)?|due to|d/t|secondary to|2/2|owing to|on account of|as a result of|as (?:he|she|"
    r"they) (?:has|"
    r"have|is|are))\b", re.IGNORECASE,
)  # fmt: skip
"""What gives the reason. The reason why something cannot be, or is planned, is itself said to be so."""
NOT_FOR = re.compile(r"(?:\b(?:not|never|no|nor|rather than|neither)|n't)$", re.IGNORECASE)
"""What denies the reason itself: "not due to a stroke"."""
CANNOT = re.compile(
    r"(?:\b(?:unable to|cannot|can not|not able to|could not|inability to|incapable of|declines?|declined|refuses?|"
    r"refused|stopped|failed to|no longer|(?:(?:does|do|did|was|were|is|are|has|have) not|"
    r"(?:ca|could|does|do|did|was|were|is|are|has|have)n't) (?!have|had|show|complain|report|suffer|experience|"
    r"demonstrate|exhibit|any|an?\b|due|caused?|associated|related|attribut|explained|because|secondary)))",
    re.IGNORECASE,
)
"""Denials of doing: what stands behind them as the reason is not denied."""
OWN_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|does|did|will|remains?|continues?|shows?|showed|reveals?|revealed|"
    r"demonstrates?|demonstrated|reports?|reported|notes?|uses|used|takes|took|underwent|completed|received|"
    r"educated|counsell?ed|instructed|given|done|performed|measured|intact|normal|clear|patent|unremarkable|stable|"
    r"within normal limits|WNL|independent|adequate|good|positive|confirmed|failed|tolerated|fitted|discussed|"
    r"diagnosed|treated|started|managed|controlled|quit)\b|\bno\b|\bdenies\b|\A(?:he|she|they|patient|pt)\b",
    re.IGNORECASE,
)
"""Words that make what stands behind a semicolon a clause of its own, and no further item of a list."""

TALK = re.compile(
    r"[\s-]+(?:tenderness|mimics?|team|handout|clinic|center|screening|screen|prevention|precautions|prophylaxis|"
    r"protocol|"
    r"pathway|risks?|guidelines?|specialist|association|foundation|support group|"
    r"brochure|pamphlet|hotline|action plan|education|educational|educator|teaching|counsel?ling|awareness|"
    r"questionnaire|work-?up|consult|consultation|alert|kit|literature)\b",
    re.IGNORECASE,
)
"""What makes a condition the subject of talk: a stroke team is no stroke."""
ORDER = re.compile(
    r"^\W*(?:\d{1,2}[.)]\s*)?(?:please\s+|ok to\s+|may\s+)?(?:(?:increase|decrease|reduce|switch|advance|start|"
    r"begin|try|add|give|administer|inject|take|perform|recheck|"
    r"ask|encourage|consider|consult|obtain|schedule|refer|arrange|initiate|avoid|teach|instruct|advise|educate|"
    r"assess|evaluate|rule out|send|get|set up)\b(?!\s*(?::|\d{1,2}[/.-]\d|note\b))|"
    r"(?:use|test|check|screen|order|measure|record|log|monitor|draw|repeat|hold|call|change)\s+(?:the|an?|for|"
    r"your|her|his|blood|bg|glucose|sugars?|fasting|\d+|at|before|labs?)\b)",
    re.IGNORECASE,
)
"""A sentence that begins by telling somebody what to do."""

ORDERING = re.compile(r"\b(?:order|referr|prescri|recommend|request|plan|schedul)", re.IGNORECASE)
"""A concept that is itself an order is not made a plan by standing among orders."""
NO_ITSELF = re.compile(r"(?:no|not|never|without|absence of|free of|lack of|denies)\b", re.IGNORECASE)
"""A concept that is itself a denial: denied once more, nobody knows what is meant."""
NOT_JUST_BEFORE = re.compile(
    r"(?:\b(?:not|never|cannot)|n't)(?:\s+(?:yet|been|be|being|ever|actually|currently|regularly|fully|formally|"
    r"have|had|any))*\s*(?:self-?)?\s*$",
    re.IGNORECASE,
)
"""What denies a verb itself, whatever its object is."""
INSIDE_DENIED = re.compile(
    r"\b(?:not|never|cannot|unable to|no longer|fails? to|failed to|without|denies|nor)\b|n't\b",
    re.IGNORECASE,
)
INSIDE_PLANNED = re.compile(
    r"\b(?:will|shall|to be|planned|scheduled|pending|should|would|needs?|recommended|if|may|might|could|expected|"
    r"anticipat\w+|hop(?:es?|ed|ing)|goal|looking for|seeking|due(?= (?:in|on|for|by|next|\d))|can (?:help|reduce|improve|decrease|relieve|ease))\b",
    re.IGNORECASE,
)
"""Words inside of what a pattern matched that turn it round."""

HEAD = re.compile(
    r"\s*(?:$|[^\w\s]|(?:and|or|nor|at|in|on|of|for|since|with|w/|but|that|to|today|now|is|was|has|have|had|were|"
    r"are|been|this|these|by|from|during|after|before|"
    r"events?|episodes?|encounters?|visits?|sessions?|meetings?|discussions?|symptoms?|diseases?|syndrome|"
    r"disorder|history|hx|reported|noted|seen|identified|present|detected|currently|recently|while|when|as|per|"
    r"due|requiring|"
    r"took|takes?|taken|occurs?|occurr\w+|exists?|held|made|kept|found|can|will|did|does|do|may|secondary|despite|"
    r"over|under|until|because|which|who|status|type|level|levels|test|tests|testing|therapy|treatment|trial|"
    r"trials|mellitus|the|he|she|they|it|x|so|yet|"
    r"far|ever|documented|done|performed|completed|diagnosed|known|either|within|attacks?|problems?|complaints?|"
    r"issues?|findings?|changes?|[a-z]+ly|[a-z]+ed|"
    r"\d\S*|last|past|prior|previously|any|all|regularly|otherwise|if|program|programs|class|classes|procedures?|"
    r"surgery|surgeries|regimen)\b)",
    re.IGNORECASE,
)
"""What may follow a word that is denied itself; another noun would be what is denied ("no diabetes ed")."""

UNSETTLED = _any(
    "(?:never|not) (?:been |yet |yet been )?(?:tested|evaluated|screened|assessed|checked|worked up|studied) for",
    "not (?:yet )?(?:determined|established|settled)",
    "no (?:clear|definite|definitive|convincing|conclusive)",
    "(?:does|do|did)(?: not|n't) (?:think|believe|feel|suspect)", "not (?:been |be )?(?:excluded|ruled out)",
    "cannot be (?:excluded|ruled out|determined)",
    r"(?:can(?:not|'t| not)|could not|couldn't|unable to|not able to) (?:be )?(?:rule[d]? out|exclude[d]?|"
    r"ruled out|excluded|determined?|confirm(?:ed)?)",
    "not (?:been )?ruled out", "r/o", "rule out", "rule-out", "to rule out",
    "not yet (?:confirmed|diagnosed|established)", "unclear (?:if|whether)",
    "unknown (?:if|whether)", "unsure (?:if|whether)", "not (?:clear|certain|sure) (?:if|whether)",
    "whether(?: or not)?", "not (?:documented|reported|recorded|available|known|assessed|asked|addressed|on file)",
    "undocumented",
    "no (?:documentation|record|records|report|mention|data|information|results?|note)(?: of| on| about| for)?",
    "is unknown", "not in the (?:chart|records?)",
)  # fmt: skip
"""Nobody knows: neither for it nor against it."""

UNCERTAIN = _any(
    "question(?:s|ing)?(?: of)?", "(?:pre-?test )?probability (?:of|for)", "likelihood of", "chances? of",
    "reason for (?:the )?(?:exam(?:ination)?|study|test|order|referral|consult(?:ation)?)",
    r"(?:clinical )?indications?(?: for (?:the )?\w+)?\s*:", "clinical question",
    r"clinical (?:info(?:rmation)?|details)\s*:",
    "unlikely(?: to (?:be|have))?", "doubt(?:s|ful)?(?: about| of)?", "unsure (?:of|about)", "unclear",
    "no (?:clear|definite|definitive|convincing|formal|confirmed)",
    "possible", "possibly", "probable", "probably", "suspected", "suspect", "suspects", "suspicion(?: of| for)?",
    "suspicious for", "likely", "presumed", "presumptive", "may",
    "might", "could", "perhaps", "maybe", "questionable", "equivocal", "concern for", "concerns? (?:of|about)",
    "concerning for", "worrisome for", "suggests?", "suggesting",
    "suggestive of", "suspicious", "compatible with", "differential(?: diagnosis)?(?: includes?| of)?", "ddx",
    "vs", "versus", "working diagnosis", "borderline", "appears to (?:have|be)",
    "seems to", "impression of possible", "provisional", "undetermined", "believed to", "thought to (?:have|be)",
    "felt to", "apparent", "pseudo", "feels? (?:that|like)", "wonders?", "thinks?",
    "query", "consistent with", "c/w", "cw", "self-reported possible", "evaluated? for", "evaluation (?:for|of)",
    "assess(?:ed)? for", "work-?up (?:for|of)", "worked up for", "screened for", "tested for",
    "history of possible",
    "(?:finds? it (?:hard|difficult)|(?:hard|difficult) for (?:him|her|them|the patient)|struggles?|struggled|struggling) to "
    "(?:keep|record|complete|fill|operate|follow|manage|maintain|use)",
    "(?:difficulty|trouble|problems?) (?:with |in )?(?:keeping|recording|completing|filling|operating|following|managing|using)",
)  # fmt: skip
UNCERTAIN_AFTER = _start(
    r"\(?\s*see\b", r"\(?(?:please )?refer to\b", r"n/a\b", r"not applicable", r"as (?:above|below)",
    r"(?:is|was|are|were|being|remains?|seems|appears|still)?\s*(?:possible|probable|suspected|likely|unlikely|"
    r"questionable|uncertain|unclear|equivocal|unconfirmed|unknown|indeterminate|borderline|doubtful|in question|"
    r"considered|presumed)",
    r"(?:vs|versus)\.?", r"(?:may|might|could)\b",
    "not (?:documented|recorded|available|known|assessed|on file|obtained)", r"to be (?:determined|confirmed)",
    r"[^.;]{0,20}\b(?:returned|left|handed in|came back)\b[^.;]{0,12}\b(?:blank|empty|incomplete|unfilled)\b",
    "tbd", r"\(\?\)", r"\?(?!\s*(?:yes|y)\b)",
)  # fmt: skip

SUPPOSED = _any(
    "(?:can|may|could|might) (?:progress|develop|become|be|occur|trigger)",
    "will (?:progress|develop|become|occur|trigger)",
    "progress(?:es|ing|ion)? (?:in)?to", "untreated", "leads? to", "leading to",
    r"reviewed\s*:", "topics?(?: covered| discussed| reviewed| included?)?(?: in class| today)?",
    "covered(?: in class)?\\s*:", "side[- ]effects?", "adverse effects?",
    "complications? (?:of|include|includes|including|may|can|such)",
    "risks?(?: of| for| includ\\w+| incl\\.?|:|,| such as)",
    "to (?:verify|confirm|document|determine|clarify|find out|rule)",
    "please", "can (?:be|occur)", "mimic\\w*", "resembl\\w+", "fda|label(?:l?ed)?(?: for| use)?", "indicated for",
    "used (?:for|to) (?:treat|prevent)",
    "in the setting of possible", "for fear of",
    "if", "unless", "in case of", "should", "would", "risk of", "risk for", "risks? (?:for|of|include|including)",
    "at risk", "risk factors? for", "prevent", "prevents", "prevention of", "preventing", "to avoid", "avoid",
    "avoids", "avoiding", "avoidance of",
    "prophyla\\w+", "watch (?:out )?for", "monitor(?:ing|ed)? for", "call (?:for|if|us)", "return (?:for|if)",
    "to (?:evaluate|assess|screen|check|test|look|monitor|watch) for", "screen(?:ing)? for",
    "educat\\w+ (?:on|about|regarding|re)", "education (?:on|about|regarding|re)",
    "counsel\\w* (?:on|about|regarding|re)", "teach(?:ing)? (?:on|about|regarding)", "taught (?:about|to|how to)",
    "discuss\\w*", "talked about",
    "reviewed? (?:the )?(?:signs|symptoms|risks?|treatment|management|importance|benefits?)",
    "signs (?:and symptoms )?of",
    "(?:try|tries|trying|tried|attempt\\w*|struggl\\w+|ready|prepar\\w+|motivated) to",
    "importance of", "benefits? of", "advis\\w+", "instruct\\w*", "encourag\\w*", "told to", "asked to",
    "reminded to", "supposed to", "expected to", "ought to", "must", "has to", "have to", "needs? to",
    "goals?(?: is| of| are)?", "targets?(?: is| of| are)?", "aims?", "aiming",
    "in the event of", "in order to", "potential(?:ly)?(?: for)?", "susceptib\\w+", "predispos\\w+",
    "can (?:cause|lead|have|result)", "may (?:cause|lead|develop|have|experience|benefit)",
    "could (?:cause|lead|develop)", "handout", "brochure", "pamphlet", "questions? about",
    "information (?:on|about)",
    "willing(?:ness)? to", "agrees? to", "agreed to", "interested in", "interest in", "wants? to", "would like",
    "wishes", "hopes?", "hoping", "desires?", "asks? (?:about|for)", "fear of", "afraid of",
    "worr(?:y|ies|ied) about", "anxious about", "unless", "when(?:ever)? (?:you|she should|he should)",
    "you", "your", "protocol for", "treatment for possible", "how to", "understands?", "understanding of",
    "aware of the", "in the absence of",
)  # fmt: skip
SUPPOSED_AFTER = _start(
    r"(?:is|was|were|are|has been|have been)?\s*(?:discussed|reviewed with|explained|encouraged|advised|"
    r"emphasized|stressed|recommended|suggested|considered|offered|reinforced|addressed in teaching)",
    r"(?:prevention|precautions|prophylaxis|risk|risks|action plan|awareness (?:training|education)|handout|"
    r"protocol|screening|goals?|targets?|education (?:was )?(?:offered|recommended|ordered|planned|scheduled|"
    r"declined|not))",
    r"(?:should|would|must|needs? to)\b", r"(?:is|are|was|were) (?:the|our|a) (?:goal|target)",
)  # fmt: skip

PLANNED = _any(
    "will", "plans?(?: (?:to|for|is|on))?", "planned", "planning", "scheduled?(?: for| to)?", "orders?",
    "ordered(?! and (?:reviewed|interpreted|evaluated|performed|done|completed|obtained|read)\\b)",
    "ordering", "pending", "await\\w*", "requests?", "requested", "requesting", "recommends?", "recommended",
    "recommending", "recommendations? (?:for|to|of)", "refer", "referral(?: to| for)?",
    "referred (?:to|for)", "to be", "consider", "considering", "considered (?:for)?", "consideration (?:of|for)",
    "candidate for", "initiate", "begin", "start", "starts? on", "to start", "arrange", "arranged",
    "would benefit from", "needs?", "need for", "needed", "to undergo", "upcoming", "tomorrow",
    "next (?:week|month|visit|year|appointment)", "anticipat\\w+", "obtain",
    "check(?= (?:a |an |the )?(?:fasting|c-?peptide|a1c|lab|gad|repeat|echo|labs|level))", "repeat", "get",
    "set up", "proceed with", "future", "due for", "due", "prescription for", "rx for", "eval(?:uation)? by",
    "enroll(?: in)?", "to complete", "to attend",
    "(?<!continue )(?<!continues )(?<!continued )(?<!appears )to have", "follow[- ]?up (?:for|with)",
    "in process of", "working on", "going to", "intends?", "intend to", "propos\\w+", "desired",
    "on the waiting list for", "waiting (?:for|on)", "not yet", "yet to", "approval (?:of|for)",
    "authorization (?:of|for)", "seeking", "apply(?:ing)? for", "pursue", "sent for", "submitted for",
    "registered for", "signed up for", "send for",
)  # fmt: skip
PLANNED_AFTER = _start(
    r"(?:is|was|were|are|has been|have been|had been|still|currently|to be|being|results?|level|test|testing|"
    r"labs?|study|levels|class(?:es)?)*\s*(?:also )?(?:ordered|pending|scheduled|planned|requested|recommended|"
    r"awaited|awaiting|to be (?:done|drawn|obtained|scheduled|ordered|performed|completed)|due|in process|"
    r"not yet (?:done|drawn|back|available|resulted|obtained|completed|performed|started)|sent|needed|upcoming|"
    r"in progress|deferred|postponed|on hold|delayed|rescheduled|cancell?ed|expected|anticipated|projected|"
    r"not (?:done|drawn|performed|obtained|completed))",
    r"(?:will|shall)\b", r"next (?:week|month|visit|appointment|year)", r"(?:was )?referred",
    r"(?:referral|order|orders|requisition|appointment|appt)(?: (?:placed|sent|made|entered|scheduled))?",
    r"tomorrow",
    r"(?:is |are )?(?:to )?(?:start|begin)(?:s|ning)?\b", r"(?:set|booked|slated) for",
)  # fmt: skip
PLANNED_BEHIND = re.compile(
    r"(?:\([^()]*\)|(?!\b(?:and|but|or|who|which|that|for whom|showed|shows|was done|so)\b)[^,;.:()]){0,70}\b"
    r"(?:is|are|was|were|has been|have been|had been|remains?)\s+(?:now |currently |still |also |already |being |"
    r"tentatively |to be |all )*(?:ordered|pending|scheduled|planned|requested|recommended|awaited|awaiting|"
    r"anticipated|expected|deferred|delayed|on hold|proposed|due|set for|booked|in process|under consideration|arranged|rescheduled|postponed|"
    r"cancell?ed|not yet|yet to)\b",
    re.IGNORECASE,
)
"""What is planned of a thing whose name goes on: "attended polysomnography in our laboratory is scheduled"."""
DENIED_BEHIND = re.compile(
    r"(?:\([^()]*\)|(?!\b(?:and|but|or|who|which|that|so|if)\b)[^,;.:()]){0,60}\b"
    r"(?:(?:was|were|is|are|has|have|had) (?:not|never)|(?:was|were|is|are|has|have|had)n't) (?:yet |been |being |ever )*"
    r"(?:done|performed|used|completed|obtained|given|held|attended|tried|undertaken|carried out|conducted|"
    r"administered|undergone)\b",
    re.IGNORECASE,
)
"""What was not done of a thing whose name goes on: "DSM-5 criteria were not used"."""
PERSON = re.compile(
    r"\b(?:patient|pt|he|she|they|member|man|woman|male|female|gentleman|lady|y/?o|year[- ]old|mr|mrs|ms)\b",
    re.IGNORECASE,
)
PERSON_WITH = re.compile(
    r"\b(?:patient|pt|member|man|woman|male|female|gentleman|lady)\s+(?:with|who has|having)\b[^,;.:]*$",
    re.IGNORECASE,
)
"""What follows is said of the person, not of what the person has."""
PLANNED_TAIL = re.compile(
    r"(?:(?!\b(?:and|but|or|who|which|that)\b)[^,;.:]){0,50}\b(?:will(?: be)?|to be|shall be)\s+(?!able\b)[a-z]+",
    re.IGNORECASE,
)
TALKING = re.compile(
    r"(?:discuss|counsel|educat|teach|taught|instruct|review|advis|talk|inform|importance|benefits?|risks?|impact|"
    r"willing|agree|explain|understand)",
    re.IGNORECASE,
)
"""Triggers that do not stand against a concept which is itself a talk ("shared decision making was discussed")."""
HAPPENED = re.compile(
    r"\b(?:gave|led|resulted|improved|reported|noticed|experienced|uses|takes|tests|checks|is|are|has|have|had|"
    r"was|were|completed|continues?|underwent|received|showed|done|attended|finished|reports?|documented|is on|"
    r"remains|noted|"
    r"demonstrated|revealed|diagnosed|developed|failed|s/p|status post|given|took place|discussed|counsell?ed|"
    r"educated|"
    r"instructed|explained)\b", re.IGNORECASE,
)  # fmt: skip

ENDED = _any(
    "resolved", "no longer (?:has|having|experiencing|on|uses|using|takes|taking|checks|tests|needs|requires)?",
    "former(?:ly)?", "previously had", "used to(?: have| be)?", "discontinued", "stopped", "quit", "off",
    "d/c(?:'?e?d)?",
    "outgrew", "cured of", "weaned (?:off|from)", "in remission(?: from)?", "inactive",
)  # fmt: skip
ENDED_AFTER = _start(
    r"[^;.]{0,50}?[,(-]\s*(?:now |since |has since |but )?resolved",
    r"(?:has|have|had|is|was|are|were|now|since|has since|have since|now is|which has|"
    r"which)*\s*(?:since )?(?:resolved|discontinued|stopped|ceased|subsided|cured|gone|in remission|weaned|"
    r"reversed|d/c(?:'?e?d)?|healed completely|fully healed|removed|explanted)",
)  # fmt: skip

NO_LONGER = re.compile(
    r"[^;.]{0,40}[,(-]\s*(?:but )?(?:no longer|not any ?more|not now)\s*(?:$|[.;)])", re.IGNORECASE
)
WAS = re.compile(
    r"\b(?:was|were|had been)\s+(?:\w+ )?(?:(?:un)?able|intact|normal|(?:un)?stable|adequate|good|clear|independent|"
    r"sufficient|negative|positive|strong|safe|willing)\b", re.IGNORECASE,
)  # fmt: skip
SINCE_THEN = re.compile(
    r"[;,.]\s*(?:but |and )?(?:he |she |they )?(?:is |are )?(?:now|no longer|currently)\b|"
    r"\b(?:has|have) (?:since |now )?(?:recovered|declined|worsened|changed|deteriorated|improved)\b",
    re.IGNORECASE,
)
"""A state that was, and what became of it: nobody can tell from the first half."""

PAST = _any(
    "history of", "h/o", "hx(?: of)?", "s/p", "status[- ]post", "prior", "previous(?:ly)?", "past", "underwent",
    "had", "years? ago", "remote", "old", "post", "was (?:diagnosed|hospitalized|admitted|treated)(?: with| for)?",
    "suffered", "sustained", "developed", "experienced", "experiencing in the past",
)  # fmt: skip
PAST_AFTER = _start(
    r"(?:\w+ ){0,4}(?:ago|in the past|previously|years? prior)",
    r"(?:was|were) (?:done|performed|placed|completed|treated|diagnosed)",
)
LIMITED = _any(
    "today", "currently", "at present", "presently", "right now", "at this time", "this visit", "this morning",
    "this week", "this month", "since (?:the )?last (?:visit|appointment|seen)",
    "(?:in|within|over|during|for|x) (?:the )?(?:last|past|previous|prior|preceding) (?:few |couple of |several |"
    "\\d+ |"
    "[a-z]+[- ](?:four )?)?(?:days?|hours?|weeks?|24 hours|months?)",
    "recent(?:ly)?", "acute", "at the moment", "in clinic", "overnight", "new", "active", "current", "lately",
    "interval", "during (?:the )?visit",
)  # fmt: skip

NO_OTHER = re.compile(r"\w[^.;]{5,}\bno other\b[^.;]*$", re.IGNORECASE)
"""Behind what was said, "no other" speaks of others; at the beginning it denies."""

RELATIVE = _any(
    "mother", "father", "mom", "dad", "brothers?", "sisters?", "siblings?", "parents?", "sons?", "daughters?",
    "aunts?", "uncles?", "cousins?", "grand(?:mother|father|parents?|ma|pa|son|daughter)", "wife", "husband",
    "spouse", "partner", "room-?mates?", "room mate", "neighbou?r", "friend", "co-?worker", "relatives?",
    "maternal", "paternal", "nephew", "niece", "twin", "boyfriend", "girlfriend", "donor", "fianc[eé]e?",
    "first[- ]degree relatives?", "mgm", "mgf", "pgm", "pgf", "stepmother", "stepfather", "half-?brother",
    "half-?sister", "caregiver", "family member",
)  # fmt: skip
REPORTS = re.compile(
    r"\s*(?:\([^)]*\)\s*)?,?\s*(?:who (?:is present|accompanies \w+|is here)?,?\s*)?(?:also |both |"
    r"who )*(?:reports?|reported|states?|stated|says?|said|notes?|noted|describes?|described|confirms?|confirmed|"
    r"believes|feels|is concerned|(?:administers|helps?|gives)\s+(?:her|him|the patient|pt|patient)(?!self)|"
    r"accompan\w+|present|here|brought|drove|witness\w*|assists?|prepares|provides|is available|is willing|"
    r"at bedside|called|asks|is able|found|observed|denies|sleeps|complains|has (?:noticed|observed|witnessed|"
    r"seen|reported|noted|found)|who(?!\s+(?:also |both |already )?(?:has|had|have|is|was|takes|took|uses|used|wears|"
    r"suffers|suffered|underwent|died|smokes|smoked|got|received|needs|gets|failed|completed|tested)\b))\b",
    re.IGNORECASE,
)  # fmt: skip
NOT_SUBJECT_BEFORE = re.compile(
    r"\b(?:by|with|per|from|to|for|and|via|through)\s+(?:his|her|the|their|a|pt'?s|patient'?s|both)?\s*$|"
    r"\b(?:lives|living|here|comes|came|presents|seen|present|accompanied)\s+(?:\w+\s+){0,2}(?:with|"
    r"by)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)  # fmt: skip
PATIENT = re.compile(
    r"\b(?:the patient|patient|pt|member|the member)\b(?!'s)(?!\s+(?:with|who)\b)", re.IGNORECASE
)
NEW_SUBJECT = re.compile(r"[.;]\s+(?:he|she|they|i)\b|\bbut (?:he|she|patient|pt)\b", re.IGNORECASE)
IN_RELATIVE = re.compile(
    r"\s*(?:in|of|for|-|:|\(|,|affecting|runs in|on the|is in)\s*(?:his|her|the|their|a|an|pt'?s|patient'?s|both|"
    r"one|two|multiple|several|first[- ]degree)?\s*(?:late |older |younger |biological |own |maternal |paternal )?"
    r"(?:mother|father|mom|dad|brothers?|sisters?|siblings?|parents?|sons?|daughters?|aunts?|uncles?|cousins?|"
    r"grand\w+|wife|husband|spouse|partner|room-?mate|neighbou?r|friend|relatives?|family|"
    r"maternal|paternal|side|donor|twin|nephew|niece|mgm|mgf|pgm|pgf)\b(?!\s*(?:reports?|states?|says?|notes?|"
    r"confirms?|witness|observ))"
    r"|[^.;,()]{0,30}\(\s*(?:in |his |her |the )*(?:maternal |paternal )?(?:mother|father|mom|dad|brother|sister|sibling|"
    r"parent|son|daughter|aunt|uncle|cousin|grand\w+|wife|husband|spouse|partner)s?\s*\)"
    r"|(?:\s*[:=]?\s*(?:of |was |is )?[\d.,/%]+\s*\S{0,12}\s+(?:in|for)\s+(?:his|her|their|the)\s+(?:\w+ )?|"
    r"[^.;,]{0,60}\b(?:was|is|were|are)\s+(?:his|her|their|the)\s+(?:\w+ )?)(?:mother|father|mom|dad|brother|sister|sibling|"
    r"parent|son|daughter|aunt|uncle|cousin|wife|husband|spouse|partner|roommate|neighbou?r|friend)(?:'s\b|s'|(?=\W*$))",
    re.IGNORECASE,
)  # fmt: skip
OTHER_PATIENT = re.compile(
    r"\bin the (?:next|other|neighbou?ring|adjacent) (?:bed|room)\b|"
    r"\b(?:another|other|different|previous|next|a second|wrong|similar)\s+(?:patient|member|resident|client|"
    r"individual|person)s?\b|\bnot (?:this|the) patient\b|\bthe donor\b|\bcase report of\b|\bmisfiled\b",
    re.IGNORECASE,
)  # fmt: skip
GENERAL = re.compile(
    r"\b(?:patients|people|individuals|persons|members|beneficiaries|children|adults|women|men|those|anyone|"
    r"diabetics|everyone|subjects|participants)\s+(?:with|who|on|having|using|should|must|can|may|in|are|whose)\b"
    r"|\b(?:many|some|most|all|several|such|these|in|for) (?:patients|people|individuals)\b|\bliterature\b|"
    r"\bstud(?:y|ies) (?:show|have|suggest|demonstrat)\w*|\b(?:research|evidence|guidelines?|ADA|AACE|AASM|ACC|"
    r"AHA) (?:shows?|suggests?|recommends?|states?)\b",
    re.IGNORECASE,
)  # fmt: skip
OWN_PRACTICE = re.compile(
    r"\b(?:our|my|we|i|this)\b(?: \w+){0,4} (?:follow|manage|treat|see|serve|care)s?\b", re.IGNORECASE
)
"""Who speaks of their own patients. That says something of the practice, and nothing of this patient."""
PRACTICE = re.compile(
    r"\b(?:team|multidisciplinary|interdisciplinary|nurs\w+|educators?|dieti[ct]ians?|radiologists?|"
    r"technologists?)\b",
    re.IGNORECASE,
)
"""Concepts that are about who treats, not about who is treated."""
GENERAL_AFTER = re.compile(
    r"\s+(?:is|are) (?:a |an |the )?(?:\w+ ){0,3}(?:condition|disease|disorder|illness|syndrome|infection)\s+"
    r"(?:in which|that|where|of|characterized|when)\b|"
    r"\s+(?:is|are) (?:a |an )?(?:common|frequent|known|serious|potential|possible)\s+(?:complication|side effect|"
    r"condition|symptom|cause)|\s+(?:occurs|happens) when\b",
    re.IGNORECASE,
)
TEMPLATE = re.compile(
    r"\s*[:?.\-]*\s*(?:\((?:circle|check|select|choose)[^)]*\)\s*)?(?:\(?\s*(?:yes|y)\s*[/|]\s*(?:no|"
    r"n)\s*\)?(?!\s*[:\-=]\s*(?:yes|no)\b)|(?:yes|y)\s+(?:no|n)\b(?!\w)|_{3,}\s*(?:$|[a-z])|\[?\s*(?:select|"
    r"choose|insert|describe|specify)\b|\*{3}|\.{4,}\s*$|@\w+@)",
    re.IGNORECASE,
)  # fmt: skip
"""A question or a blank of a template that nobody filled in."""
OPTIONS = re.compile(
    r"\b(?:check|select|choose|mark|circle) (?:one|all|any|each)\b|\bindications for\b|\bcovered (?:conditions|"
    r"indications|diagnoses)\b",
    re.IGNORECASE,
)
"""A list of options to choose from: none of them is said, unless its box is ticked."""
RULE = re.compile(
    r"\b(?:is|are) (?:fda[- ]?)?(?:approved|indicated|reimbursed) (?:for|in|when|to treat)\b|"
    r"\b(?:is|are|will be|may be|not) (?:considered )?(?:covered|non-?covered|reasonable and necessary) (?:when|"
    r"if|for|only|under|as)\b|\bcoverage (?:criteria|requires?|determination|is (?:limited|provided|available))\b|"
    r"\b(?:medicare|cms|ncd|lcd|policy|plan|payer|insurance|insurer|criteria|guidelines?) (?:\w+ ){0,3}"
    r"(?:requires?|states?|specif\w+|covers?|asks? for|calls for|defines?|mandates?|stipulates?)\b|\b(?:patients?|"
    r"beneficiar(?:y|ies)|members?) must\b|\bmust (?:meet|have|be|document|satisfy|show)\b|"
    r"\bin order to qualify\b|\bto (?:qualify|be eligible|be approved|meet (?:the )?criteria) (?:for|under)\b|"
    r"\brequirements? (?:for|of|is|are|include)\b|\b(?:is|are) (?:also |still )?(?:required|needed|necessary|"
    r"mandatory)\b(?! (?:for|because of|due to) (?:her|his|the patient|this patient|their|mr|ms|mrs))|"
    r"\brequired (?:by|before|prior to|under)\b|"
    r"\bcriteri(?:a|on) (?:for|include|are|is|[A-D1-9]\b\s*[:.(-])",
    re.IGNORECASE,
)  # fmt: skip
"""A sentence that quotes what a payer asks for, rather than what a patient has."""
CLAIM = re.compile(
    r"\b(?:meets?|met|meeting|satisf(?:y|ies|ied)|fulfill?s?|fulfilled|qualif(?:y|ies|ied)|in compliance with|"
    r"complies with|compliant with|per|under|according to)\s+(?:\w+\s+){0,4}?(?:criteri(?:a|on)|requirements?|ncd|"
    r"lcd|guidelines?|polic(?:y|ies)|definition|conditions of coverage|standards?|indications?)\b[^:;,]*$"
    r"|\bmedically necessary\b[^:;,]*$|\bqualif(?:y|ies|ied) (?:for|as|under)\b[^:;,]*$|\bcriteri(?:a|"
    r"on)\b[^:;,]*\b(?:is|are|has been|have been) (?:met|satisfied)\b|\bmeets?\s+(?:the\s+|"
    r"all\s+)*(?:updated\s+)?$",
    re.IGNORECASE,
)  # fmt: skip
CLAIM_AFTER = re.compile(
    r"\s*(?:testing |test |level )?(?:criteri(?:a|on)|requirements?|condition|"
    r"documentation requirement)?s?\s*(?:is|are|has been|have been|was|were|:|-)?\s*(?:met|satisfied|fulfilled)\b|"
    r"\s*(?:testing |test )?(?:requirement|criterion)s?\b",
    re.IGNORECASE,
)  # fmt: skip
