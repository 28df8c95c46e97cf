"""Months and days of the week, as a text in one of thirteen languages names them."""

from __future__ import annotations

# One line for each language; alternatives stand behind a stroke. All in lower case.
_MONTHS = (
    "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct"
    " november|nov december|dec",
    "januar|jänner|jan februar|feber|feb märz|mär|mrz april|apr mai juni|jun juli|jul august|aug september|sep|sept"
    " oktober|okt november|nov dezember|dez",
    "janvier|janv février|fevrier|févr|fév mars avril|avr mai juin juillet|juil août|aout septembre|sept octobre|oct"
    " novembre|nov décembre|decembre|déc",
    "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|setiembre|sept|sep"
    " octubre|oct noviembre|nov diciembre|dic",
    "gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago settembre|set"
    " ottobre|ott novembre|nov dicembre|dic",
    "januari|jan februari|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug september|sep oktober|okt"
    " november|nov december|dec",
    "janeiro|jan fevereiro|fev março|mar abril|abr maio|mai junho|jun julho|jul agosto|ago setembro|set outubro|out"
    " novembro|nov dezembro|dez",
    "stycznia|styczeń|sty lutego|luty|lut marca|marzec|mar kwietnia|kwiecień|kwi maja|maj czerwca|czerwiec|cze"
    " lipca|lipiec|lip sierpnia|sierpień|sie września|wrzesień|wrz października|październik|paź"
    " listopada|listopad|lis grudnia|grudzień|gru",
    "januari|jan februari|feb mars|mar april|apr maj juni|jun juli|jul augusti|aug september|sep oktober|okt"
    " november|nov december|dec",
    "januar|jan februar|feb marts|mar april|apr maj juni|jun juli|jul august|aug september|sep oktober|okt"
    " november|nov december|dec",
    "ocak|oca şubat|şub mart|mar nisan|nis mayıs|may haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki kasım|kas"
    " aralık|ara",
    "января|январь|янв февраля|февраль|фев марта|март|мар апреля|апрель|апр мая|май июня|июнь|июн июля|июль|июл"
    " августа|август|авг сентября|сентябрь|сен октября|октябрь|окт ноября|ноябрь|ноя декабря|декабрь|дек",
)
_WEEKDAYS = (
    "monday|mon tuesday|tue|tues wednesday|wed thursday|thu|thur|thurs friday|fri saturday|sat sunday|sun",
    "montag|mo dienstag|di mittwoch|mi donnerstag|do freitag|fr samstag|sonnabend|sa sonntag|so",
    "lundi|lun mardi|mar mercredi|mer jeudi|jeu vendredi|ven samedi|sam dimanche|dim",
    "lunes|lun martes|mar miércoles|miercoles|mié jueves|jue viernes|vie sábado|sabado|sáb domingo|dom",
    "lunedì|lunedi|lun martedì|martedi|mar mercoledì|mercoledi|mer giovedì|giovedi|gio venerdì|venerdi|ven sabato|sab"
    " domenica|dom",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "segunda-feira|segunda terça-feira|terça quarta-feira|quarta quinta-feira|quinta sexta-feira|sexta sábado domingo",
    "poniedziałek|poniedziałku wtorek|wtorku środa|środę czwartek|czwartku piątek|piątku sobota|sobotę niedziela"
    "|niedzielę",
    "måndag|måndagen tisdag|tisdagen onsdag|onsdagen torsdag|torsdagen fredag|fredagen lördag|lördagen söndag|söndagen",
    "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    "понедельник вторник среда|среду четверг пятница|пятницу суббота|субботу воскресенье",
)


def _read(tables: tuple[str, ...], first: int) -> dict[str, frozenset[int]]:
    read: dict[str, frozenset[int]] = {}
    for table in tables:
        for number, names in enumerate(table.split(" "), first):
            for name in names.split("|"):
                read[name] = read.get(name, frozenset()) | {number}
    return read


MONTHS = _read(_MONTHS, 1)  # the months, January being 1, that a word may name: "mar" is one month in each language
WEEKDAYS = _read(_WEEKDAYS, 0)  # Monday being 0
