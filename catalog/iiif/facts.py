"""What a label and its metadata say about a work: title, maker, date, technique, type, place.

IIIF has no semantics for metadata (Presentation API 3.0, section 3.1.1): labels are for people.
So these are readings of common labels in many languages, good for search and for filters, and
never a substitute for the metadata as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.iiif.dates import year_of
from catalog.iiif.html import plain_text
from catalog.iiif.language import all_texts, best
from catalog.iiif.types import LanguageMap, MetadataEntry

#: Metadata labels by what they tell, compared by `fold`.
LABELS: dict[str, tuple[str, ...]] = {
    "title": (
        *("title", "full title", "main title", "name", "object title", "artwork title", "caption"),
        *("titre", "titre principal", "intitule", "nom", "denomination titre"),
        *("titel", "objekttitel", "bezeichnung", "hauptsachtitel", "werktitel"),
        *("titolo", "titulo", "nome", "nombre", "denominacion"),
        *("naam", "benaming", "tytul", "nazwa", "nazev", "cim", "titlu", "naslov"),
        *("nimi", "nimeke", "namn", "navn", "tittel", "baslik", "eser adi"),
        *("τιτλος", "название", "заглавие", "назва"),
        *("标题", "標題", "题名", "題名", "名称", "名稱", "作品名", "品名", "書名", "书名"),
        *("タイトル", "資料名", "제목", "작품명", "명칭", "כותרת", "العنوان"),
    ),
    "maker": (
        *("artist", "artists", "painter", "artist maker", "artist creator", "artist s"),
        *("maker", "makers", "creator", "creators", "made by", "created by", "painted by"),
        *("author", "authors", "photographer", "engraver", "draughtsman", "sculptor"),
        *("illuminator", "printmaker", "people", "primary maker", "dc creator", "attribution"),
        *("artist name", "artist nationality dates", "attributed to", "contributor"),
        *("contributors", "artiste", "artistes", "artiste auteur", "peintre", "auteur"),
        *("auteurs", "createur", "createurs", "auteur s", "graveur", "dessinateur"),
        *("kunstler", "kunstlerin", "kunstler in", "maler", "malerin", "urheber", "schopfer"),
        *("hersteller", "verfasser", "autor", "autoren", "beteiligte person", "stecher"),
        *("artista", "artisti", "artistas", "pittore", "autore", "autori", "creatore"),
        *("pintor", "pintora", "autores", "creador", "criador", "autoria", "autor a"),
        *("kunstenaar", "schilder", "maker s", "vervaardiger", "maker vervaardiger"),
        *("artysta", "tworca", "malarz", "autorzy", "umelec", "malir", "tvurce", "szerzo"),
        *("muvesz", "alkoto", "festo", "artistul", "pictor", "konstnar", "upphovsman"),
        *("upphov", "kunstner", "kunstnere", "ophavsmand", "opphavsperson", "maleri av"),
        *("taiteilija", "tekija", "taiteilijat", "sanatci", "ressam", "umetnik", "slikar"),
        *("καλλιτεχνης", "δημιουργος", "ζωγραφος", "художник", "автор", "митець"),
        *("作者", "作家", "艺术家", "藝術家", "画家", "畫家", "创作者", "創作者", "绘者", "繪者"),
        *("制作者", "製作者", "著者", "絵師", "筆者", "作者名", "作家名"),
        *("작가", "화가", "예술가", "저자", "제작자", "작자", "אמן", "יוצר", "الفنان"),
    ),
    "date": (
        *("date", "dates", "date created", "creation date", "date made", "date of creation"),
        *("date of work", "production date", "object date", "dated", "year", "display date"),
        *("date statement", "datecreated", "date of production", "dating", "created"),
        *("date time original", "date of execution", "made", "publication date"),
        *("date of publication", "date published", "publish date", "published", "century"),
        "period",
        *("annee", "date de creation", "datation", "date d execution", "date de realisation"),
        *("date d edition", "siecle", "epoque", "periode", "millesime"),
        *("datum", "datierung", "jahr", "entstehungszeit", "entstehungsdatum"),
        *("entstehungsjahr", "zeitraum", "zeit", "herstellungsdatum", "erschienen"),
        *("erscheinungsjahr", "data", "datazione", "anno", "data di creazione", "secolo"),
        *("fecha", "fecha de creacion", "ano", "datacion", "cronologia", "data de criacao"),
        *("datacao", "datering", "datum gemaakt", "jaar", "vervaardiging", "datum vervaardiging"),
        *("data powstania", "rok", "datowanie", "czas powstania", "datace", "rok vzniku"),
        *("datum vzniku", "keletkezes ideje", "datare", "ar", "aar", "arstall", "tillkomstar"),
        *("tillverkningstid", "aika", "ajoitus", "vuosi", "valmistumisaika", "tarih", "yil"),
        *("ημερομηνια", "χρονολογια", "дата", "год", "датировка", "время создания", "рік"),
        *("日期", "年代", "创作年代", "創作年代", "创作时间", "創作時間", "年份", "时代", "時代"),
        *("製作年", "制作年", "制作年代", "製作年代", "作成年", "成立年", "成立年代"),
        *("연도", "제작연도", "제작년도", "제작시기", "날짜", "시대", "תאריך", "التاريخ"),
    ),
    "technique": (
        *("medium", "media", "technique", "materials", "material", "materials and techniques"),
        *("medium technique", "material technique", "medium and support", "support"),
        *("materials techniques", "physical medium", "medium of work", "process"),
        *("techniques", "matiere", "matieres", "materiau", "materiaux", "matiere et technique"),
        *("materiaux et techniques", "technique et materiaux", "techniques et matieres"),
        *("technik", "material technik", "materialien", "technik material", "malgrund"),
        *("tecnica", "materiale", "materia e tecnica", "tecnica e materiali", "tecniche"),
        *("tecnicas", "materiales", "materia", "soporte", "tecnica material", "suporte"),
        *("techniek", "materiaal", "techniek materiaal", "materialen", "drager"),
        *("technika", "tworzywo", "material i technika", "anyag", "anyag technika", "tehnica"),
        *("teknik", "materialer", "teknikk", "tekniikka", "materiaali", "malzeme"),
        *("υλικο", "τεχνικη", "техника", "материал", "материалы", "матеріал", "техніка"),
        *("材质", "材質", "媒材", "技法", "质地", "質地", "材料", "素材", "品質", "材質技法"),
        *("재료", "재질", "기법", "טכניקה", "חומר", "الخامة"),
    ),
    "type": (
        *("type", "object type", "classification", "work type", "category", "genre", "format"),
        *("type of object", "resource type", "type of work", "form", "artform"),
        *("type d objet", "type d oeuvre", "categorie", "domaine"),
        *("denomination", "type de document"),
        *("objektart", "objekttyp", "gattung", "werktyp", "kategorie", "objektbezeichnung", "typ"),
        *("tipologia", "tipo", "classe", "categoria", "genere", "definizione", "tipo di opera"),
        *("tipo de objeto", "clasificacion", "genero", "classificacao", "tipo de obra"),
        *("objecttype", "soort", "objectnaam", "categorie object", "soort object"),
        *("rodzaj", "kategoria", "gatunek", "druh", "typ predmetu", "tipus", "mufaj", "gen"),
        *("objekttype", "sakord", "esinetyyppi", "luokitus", "tyyppi", "tur", "kategori"),
        *("τυπος", "ειδος", "тип", "вид", "категория", "жанр", "классификация"),
        *("类型", "類型", "类别", "類別", "分类", "分類", "種別", "種類", "部門", "作品種別"),
        *("분류", "종류", "유형", "장르", "סוג", "النوع"),
    ),
    "place": (
        *("current location", "location", "object location", "physical location", "on view"),
        *("gallery", "gallery location", "museum", "repository", "current repository"),
        *("holding institution", "institution", "held by", "owner", "current owner", "owned by"),
        *("collection", "collections", "lieu de conservation", "lieu d exposition"),
        *("localisation", "localisation actuelle", "emplacement", "musee", "conserve a"),
        *("etablissement de conservation", "institution de conservation", "proprietaire"),
        *("standort", "aktueller standort", "aufbewahrungsort", "verwahrort", "ausgestellt in"),
        *("besitzende institution", "besitzer", "eigentumer", "eigentum", "sammlung"),
        *("collocazione", "luogo di conservazione", "ubicazione", "localizzazione", "sede"),
        *("conservato a", "museo", "proprieta", "proprietario", "collezione"),
    ),
}  # fmt: skip

#: Labels that are used for other things as well: believed only where no better one is there.
_WEAK = frozenset(
    (
        *("name", "caption", "nom", "nome", "nombre", "naam", "bezeichnung", "名称", "名稱"),
        *("people", "contributor", "contributors", "author", "authors", "attribution"),
        *("auteur", "auteurs", "autor", "autore", "autori", "autoren", "beteiligte person"),
        *("published", "publish date", "date published", "date of publication", "created", "made"),
        *("publication date", "date d edition", "erschienen", "erscheinungsjahr", "period"),
        *("century", "periode", "siecle", "epoque", "secolo", "时代", "時代", "시대"),
        *("media", "process", "support", "soporte", "suporte", "drager", "品質", "素材"),
        *("format", "genre", "form", "category", "categorie", "kategorie", "resource type"),
        *("type de document", "domaine", "部門", "genere", "genero"),
        *("location", "localisation", "localizzazione", "institution", "owner", "owned by"),
        *("collection", "collections", "proprietaire", "besitzer", "eigentumer", "eigentum"),
        *("sammlung", "proprieta", "proprietario", "collezione"),
    )
)  # fmt: skip
#: "Artist: Vincent van Gogh": a role before the name, within the value.
_ROLE = re.compile(r"^\s*([^\W\d_][\w \-]{2,24})\s*[:：]\s*(?=\S)")
_LONGEST_LABEL = 300
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Facts:
    """Readings for search and filters; "" where nothing is told.

    ``date_text`` is the date as written; ``year`` what `year_of` makes of it, None if nothing.
    ``place`` is where the work is kept, or else who owns it; never where it was made.
    """

    title: str = ""
    maker: str = ""
    date_text: str = ""
    year: int | None = None
    technique: str = ""
    type: str = ""
    place: str = ""


def facts(
    label: LanguageMap,
    metadata: Iterable[MetadataEntry],
    languages: Sequence[str] = ("en",),
) -> Facts:
    """Read the facts out of metadata entries; the first of equal trust wins.

    For a canvas pass its own entries before those of its manifest. The title is that of the
    metadata, or else the ``label``. ``languages`` choose among translations.
    """
    found: dict[str, tuple[int, str]] = {}
    for entry in metadata:
        matched = _field_of(entry.label)
        if matched is None:
            continue
        field, rank = matched
        text = plain_text(best(entry.value, languages))
        if not text or (field == "date" and not _is_date_of_work(text)):
            continue
        if field not in found or rank < found[field][0]:
            found[field] = (rank, text)
    date_text = found.get("date", (0, ""))[1]
    return Facts(
        title=found.get("title", (0, ""))[1] or _with_words(plain_text(best(label, languages))),
        maker=_without_role(found.get("maker", (0, ""))[1]),
        date_text=date_text,
        year=year_of(date_text),
        technique=found.get("technique", (0, ""))[1],
        type=found.get("type", (0, ""))[1],
        place=found.get("place", (0, ""))[1],
    )


def fold(label: str) -> str:
    """A label for comparison: lower case, without accents, punctuation and bracketed additions.

    "Künstler/in (Maler):" becomes "kunstler in".
    """
    text = plain_text(label[:_LONGEST_LABEL])
    text = re.sub(r"[(（\[【].*?[)）\]】]", " ", text)
    # "dateCreated" is two words, "DATE" is one.
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # The marks on kana make other syllables of them, no accents.
    text = "".join(c for c in text if not unicodedata.combining(c) or c in "\u3099\u309a")
    text = unicodedata.normalize("NFC", text)
    text = text.translate({ord("ø"): "o", ord("ł"): "l", ord("ı"): "i", ord("đ"): "d"})
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _field_of(label: LanguageMap) -> tuple[str, int] | None:
    matches = [_FIELD_OF[f] for f in map(fold, all_texts(label)) if f in _FIELD_OF]
    return min(matches, key=lambda match: match[1]) if matches else None


def _without_role(maker: str) -> str:
    role = _ROLE.match(maker)
    if role and _FIELD_OF.get(fold(role[1]), ("", 0))[0] == "maker":
        return maker[role.end() :].strip()
    return maker


_FIELD_OF = {
    fold(label): (field, int(label in _WEAK))
    for field, labels in LABELS.items()
    for label in labels
}


def _is_date_of_work(text: str) -> bool:
    """False for "Published: London" and "Period: Edo", which are no dates, and for a date with a
    time of day: nobody paints so punctually, it is when a record was made."""
    return any(c.isdigit() for c in text) and not _TIMESTAMP.search(text)


def _with_words(text: str) -> str:
    """ "" for a label such as " - ", which stands in for none."""
    return text if re.search(r"\w", text) else ""
