"""English words and what they say about tables. Nothing here names a column or value of any particular table."""

from __future__ import annotations

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("title", "called", "named"),
    "title": ("name",),
    "id": ("identifier", "identification", "key"),
    "number": ("num", "no", "nr", "count", "#"),
    "description": ("desc", "detail"),
    "detail": ("description",),
    "quantity": ("qty", "amount", "units"),
    "qty": ("quantity", "amount", "units"),
    "amount": ("qty", "quantity", "sum"),
    "price": ("cost",),
    "cost": ("price", "expense"),
    "salary": ("wage", "pay", "income"),
    "revenue": ("sales", "turnover", "income"),
    "sale": ("revenue", "turnover"),
    "country": ("nation", "nationality"),
    "nationality": ("country", "citizenship"),
    "citizenship": ("nationality",),
    "city": ("town",),
    "town": ("city",),
    "hometown": ("home town", "town"),
    "location": ("place", "address", "where"),
    "phone": ("telephone", "tel"),
    "telephone": ("phone",),
    "mobile": ("cell",),
    "email": ("mail", "e-mail"),
    "sex": ("gender",),
    "gender": ("sex",),
    "birthday": ("birth date", "born"),
    "birth": ("born", "birthday"),
    "dob": ("birth date", "date of birth"),
    "rating": ("score", "rate"),
    "score": ("point", "rating"),
    "point": ("score",),
    "film": ("movie",),
    "movie": ("film",),
    "kind": ("type",),
    "type": ("kind", "category"),
    "category": ("type", "kind", "group"),
    "year": ("yr",),
    "date": ("day", "when"),
    "weight": ("heavy",),
    "height": ("tall", "high"),
    "duration": ("length", "long"),
    "length": ("long", "duration"),
    "maker": ("manufacturer", "make"),
    "manager": ("boss",),
    "comment": ("remark", "note"),
    "note": ("comment", "remark"),
    "first": ("given",),
    "last": ("family", "sur"),
    "surname": ("last name", "family name"),
    "percentage": ("percent", "share"),
    "population": ("people", "inhabitant"),
    "capacity": ("seat",),
    "employee": ("staff", "worker"),
    "staff": ("employee",),
    "zip": ("postal", "postcode"),
    "abbreviation": ("abbrev", "short"),
    "average": ("avg", "mean"),
    "mean": ("average", "avg"),
    "sum": ("total",),
    "maximum": ("max",),
    "minimum": ("min",),
    "max": ("maximum", "highest", "largest"),
    "min": ("minimum", "lowest", "smallest"),
    "opening": ("open", "opened"),
    "founded": ("founding", "established"),
    "release": ("released", "came out"),
}
"""A word of a column's name, and what else people call it."""

FIGURES: dict[str, str] = {
    "average": "mean", "avg": "mean", "mean": "mean", "typical": "mean",
    "total": "sum", "sum": "sum", "combined": "sum", "overall": "sum",
    "maximum": "max", "max": "max", "maximal": "max",
    "minimum": "min", "min": "min", "minimal": "min",
    "median": "median", "variance": "variance",
}  # fmt: skip
"""Words that stand before what they are a figure of."""

GREATEST = frozenset({"highest", "largest", "greatest", "biggest", "most", "maximum", "max", "top", "longest", "tallest",
                      "heaviest", "latest", "newest", "oldest", "richest", "costliest", "priciest", "fastest", "strongest",
                      "hottest"})  # fmt: skip
LEAST = frozenset({"lowest", "smallest", "least", "fewest", "minimum", "min", "shortest", "lightest", "earliest", "youngest",
                   "cheapest", "slowest", "poorest", "weakest", "coldest"})  # fmt: skip

ADJECTIVES: dict[str, tuple[tuple[str, ...], bool]] = {
    "oldest": (("age",), True), "older": (("age",), True), "old": (("age",), True),
    "youngest": (("age",), False), "younger": (("age",), False),
    "tallest": (("height",), True), "taller": (("height",), True),
    "longest": (("length", "duration", "time"), True), "longer": (("length", "duration", "time"), True),
    "shortest": (("height", "length", "duration"), False), "shorter": (("height", "length", "duration"), False),
    "heaviest": (("weight",), True), "heavier": (("weight",), True),
    "lightest": (("weight",), False), "lighter": (("weight",), False),
    "richest": (("wealth", "income", "money", "worth"), True),
    "cheapest": (("price", "cost"), False), "cheaper": (("price", "cost"), False),
    "costliest": (("price", "cost"), True), "priciest": (("price", "cost"), True), "expensive": (("price", "cost"), True),
    "latest": (("date", "year", "time"), True), "newest": (("date", "year"), True), "recent": (("date", "year", "time"), True),
    "recently": (("date", "year", "time"), True),
    "earliest": (("date", "year", "time"), False), "later": (("date", "year", "time"), True), "earlier": (("date", "year",
    "time"), False),
    "fastest": (("speed", "velocity"), True), "faster": (("speed",), True), "slowest": (("speed",), False), "slower": (("speed",
    ), False),
    "populous": (("population",), True), "populated": (("population",), True),
    "hottest": (("temperature", "temp"), True), "coldest": (("temperature", "temp"), False),
}  # fmt: skip
"""An adjective, the names of columns that it may be about, and whether it means much of it."""

BIRTHS = ("birth", "born", "dob", "birthday")
"""Names of columns where the oldest have the least."""

ROWS = frozenset({"row", "record", "entry", "item", "observation", "line", "one", "case", "instance", "data",
    "result"})  # fmt: skip
"""What any table's rows may be called."""

ROW_NOUNS = frozenset({"movie", "film", "employee", "staff", "city", "town", "country", "nation", "worker"})
"""Tables called so may be spoken of by a synonym."""

MEASURES = frozenset({"mm", "cm", "m", "km", "mile", "miles", "ft", "feet", "inches", "kg", "g", "grams", "lb", "lbs", "pounds",
    "tons", "tonnes", "litres", "liters", "usd", "eur", "gbp", "dollar", "dollars", "euro", "euros", "bucks", "degrees",
    "celsius", "fahrenheit", "knots", "kmh", "mph", "kwh", "watts"})  # fmt: skip
"""Words for what a number counts, which may stand behind it."""

PEOPLE = frozenset({"people", "person", "individual", "someone", "somebody"})
PERSONS = frozenset({"people", "person", "employee", "worker", "staff", "customer", "client", "user", "member", "student",
    "pupil", "teacher", "player",
                     "singer", "actor", "author", "writer", "artist", "owner", "patient", "doctor", "nurse", "driver",
                     "passenger", "guest", "visitor",
                     "candidate", "applicant", "voter", "contact", "friend", "child", "man", "woman", "resident", "citizen",
                     "athlete", "swimmer", "runner",
                     "manager", "donor", "tenant", "subscriber", "participant", "respondent", "politician"})  # fmt: skip
"""Nouns for people: the rows of a table called so are people."""
OF_PEOPLE = frozenset({"age", "sex", "gender", "salary", "birthday", "birthdate", "dob", "surname", "firstname", "lastname"})
"""Columns that only tables of people have."""

NUMBERS: dict[str, int] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "once": 1,
    "twice": 2, "thousand": 1000, "dozen": 12, "single": 1,
}  # fmt: skip
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "hundred": 100}

COMPARISONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("greater", "than", "or", "equal", "to"), ">="), (("more", "than", "or", "equal", "to"), ">="),
    (("less", "than", "or", "equal", "to"), "<="), (("smaller", "than", "or", "equal", "to"), "<="),
    (("no", "more", "than"), "<="), (("not", "more", "than"), "<="), (("no", "less", "than"), ">="), (("no", "fewer", "than"),
    ">="),
    (("not", "less", "than"), ">="), (("not", "over"), "<="), (("not", "equal", "to"), "!="), (("different", "from"), "!="),
    (("or", "more"), ">="), (("at", "least"), ">="), (("at", "most"), "<="), (("up", "to"), "<="), (("a", "minimum", "of"), ">="),
    (("a", "maximum", "of"), "<="), (("minimum", "of"), ">="), (("maximum", "of"), "<="),
    (("more", "than"), ">"), (("greater", "than"), ">"), (("larger", "than"), ">"), (("higher", "than"), ">"), (("bigger",
    "than"), ">"),
    (("longer", "than"), ">"), (("later", "than"), ">"), (("older", "than"), ">"), (("bigger",), ">"), (("exceed",), ">"),
    (("exceeding",), ">"),
    (("exceed", "than"), ">"), (("over",), ">"), (("above",), ">"), (("beyond",), ">"), (("past",), ">"), (("after",), ">"),
    (("less", "than"), "<"), (("fewer", "than"), "<"), (("smaller", "than"), "<"), (("lower", "than"), "<"), (("shorter",
    "than"), "<"),
    (("earlier", "than"), "<"), (("under",), "<"), (("below",), "<"), (("before",), "<"), (("prior", "to"), "<"),
    (("since",), ">="), (("starting",), ">="), (("until",), "<="), (("through",), "<="),
    (("equal", "to"), "="), (("equal",), "="), (("exactly",), "="), (("equals",), "="),
    ((">=",), ">="), (("<=",), "<="), (("!=",), "!="), ((">",), ">"), (("<",), "<"), (("=",), "="),
)  # fmt: skip
"""Comparisons in words, the longer first where they begin alike."""

STOP = frozenset(
    {
        "the", "a", "an", "of", "please", "me", "us", "i", "we", "you", "can", "could", "would", "like", "want", "to", "just",
        "is", "are", "was", "were", "be", "been", "do", "does", "did", "there", "have", "has", "had", "it", "its", "their",
        "they",
        "them", "that", "which", "who", "whom", "what", "this", "these", "those", "also", "along", "as", "well", "so", "our",
        "my",
        "any", "some", "all", "and", "in", "for", "on", "at", "by", "with", "from", "table", "dataset", "list", "show", "give",
        "find", "return", "tell", "display", "get", "select", "see", "know", "value", "values", "respective", "respectively",
        "corresponding", "each", "information", "info", "about", "how", "many", "much", "if", "currently", "now", "ever", "will",
        "being", "every", "then", "here", "where", "when", "whose", "having", "both", "ones", "one", "set",
        "out", "up", "his", "her", "he", "she", "either", "different", "full", "complete", "given", "available", "exist",
        "exists", "existing", "recorded", "listed",
        ",", ".", "?", "!", ";", ":", "(", ")",
    }
)  # fmt: skip
"""Words that may be passed over between the parts of a question."""

LIGHT = frozenset({"occur", "occurred", "occurring", "produce", "produced", "make", "made", "belong", "affiliated",
    "correspond", "corresponding",
                   "use", "used", "using", "come", "happen", "happened", "play", "played", "cause", "caused", "live", "living",
                   "lived", "manage",
                   "managed", "share", "shared", "speak", "spoken", "participate", "participated", "located", "situated",
                   "based", "hold", "held",
                   "related", "associated", "appear", "appeared", "stay", "direct", "directed", "owned", "built", "reside",
                   "residing", "work", "working",
                   "stand", "employed", "written", "taught", "born"})  # fmt: skip
"""Verbs that say no more than that things belong together."""

BREAKS = frozenset({"whose", "who", "that", "which", "where", "with", "by", "having", ".", ";", "?"})
"""Words after which another part of a question begins."""

NEGATIONS = frozenset(
    {"not", "n't", "isn't", "aren't", "wasn't", "don't", "doesn't", "except", "excluding", "never", "other", "without", "no"}
)

DEMONYMS: dict[str, tuple[str, ...]] = {
    "american": ("usa", "united states", "us", "america", "united states of america"), "british": ("uk", "united kingdom",
    "great britain", "britain"),
    "english": ("england", "uk"), "french": ("france",), "german": ("germany",), "italian": ("italy",), "spanish": ("spain",),
    "dutch": ("netherlands", "holland"), "chinese": ("china",), "japanese": ("japan",), "russian": ("russia",),
    "indian": ("india",),
    "canadian": ("canada",), "mexican": ("mexico",), "brazilian": ("brazil",), "australian": ("australia",),
    "swedish": ("sweden",),
    "norwegian": ("norway",), "danish": ("denmark",), "finnish": ("finland",), "polish": ("poland",), "portuguese": ("portugal",),
    "greek": ("greece",), "turkish": ("turkey",), "irish": ("ireland",), "scottish": ("scotland",), "swiss": ("switzerland",),
    "austrian": ("austria",), "belgian": ("belgium",), "korean": ("korea", "south korea"), "thai": ("thailand",),
    "european": ("europe",),
    "asian": ("asia",), "african": ("africa",), "egyptian": ("egypt",), "argentinian": ("argentina",), "chilean": ("chile",),
}  # fmt: skip
"""Adjectives of countries, and how tables may spell the country."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"), ("july", "jul"),
         ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"), ("december", "dec")), 1)
    for name in names
}  # fmt: skip
WEEKDAYS = {
    name: number for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1)
}
UNITS = {"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "hour": "hour",
    "weekday": "weekday",
         "yearly": "year", "quarterly": "quarter", "monthly": "month", "weekly": "week", "daily": "day", "annual": "year",
         "annually": "year"}  # fmt: skip

CHANGING = frozenset(
    {
        "changed",
        "change",
        "changes",
        "changing",
        "evolved",
        "evolve",
        "evolves",
        "varies",
        "vary",
        "varied",
        "developed",
        "develops",
        "trend",
        "trends",
        "grew",
        "grow",
        "grows",
        "moved",
        "progressed",
    }
)
"""What is said of something that goes along time."""

ASKING = frozenset({"show", "list", "find", "get", "give", "display", "count", "sort", "order", "select", "top", "bottom",
    "first", "for", "in", "with", "where", "when", "only", "keep", "filter",
                    "how", "what", "which", "who", "number", "average", "total", "sum", "highest", "lowest", "largest",
                    "smallest", "previous", "last", "best", "by", "group", "random", "sample", "compute", "calculate", "rank",
                    "frequency", "difference", "change", "share", "percentage", "percent", "row", "running", "value", "head",
                    "rows", "retrieve", "return"})  # fmt: skip
"""Words that a question may begin with, though a command may as well."""

POLITE: tuple[tuple[str, ...], ...] = (
    ("can", "you", "please"), ("could", "you", "please"), ("can", "you"), ("could", "you"), ("would", "you"), ("will", "you"),
    ("i", "would", "like", "to"), ("i'd", "like", "to"), ("i", "want", "to"), ("i", "want", "you", "to"),
    ("i", "need", "to"), ("let", "us"), ("let's",), ("we", "need", "to"), ("please",), ("kindly",), ("now",), ("first", ","),
    ("ok",), ("okay",), (",",), ("and",), ("also",), ("hey",), ("hi",), ("just",), ("help", "me"), ("go", "ahead", "and"),
)  # fmt: skip
"""What people say before they say what they want."""
