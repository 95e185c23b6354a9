//! Invented names: put together from parts, so that no real list of people or places is behind them.

use super::random::Random;

/// The municipality.
pub(super) const MUNICIPALITY: &str = "Havlunde Kommune";
/// Its domain, under the top-level domain that never resolves.
pub(super) const DOMAIN: &str = "havlunde.example";

const WOMEN: &[&str] = &[
    "Agnete", "Alberte", "Anine", "Asta", "Birgitte", "Bodil", "Camilla", "Cecilie", "Dagny", "Dorthe", "Ditte",
    "Eline", "Ellen", "Esther", "Filippa", "Freja", "Gerda", "Gudrun", "Hanne", "Helle", "Ida", "Inger", "Jonna",
    "Josefine", "Karla", "Kirsten", "Lærke", "Lone", "Maja", "Merete", "Nanna", "Nikoline", "Oda", "Pernille",
    "Ragnhild", "Rikke", "Signe", "Solveig", "Søs", "Tove", "Ulla", "Vibeke", "Vilma", "Åse",
];
const MEN: &[&str] = &[
    "Aksel",
    "Albert",
    "Anker",
    "Asger",
    "Bent",
    "Bjarke",
    "Carsten",
    "Christoffer",
    "Dines",
    "Ebbe",
    "Ejnar",
    "Emil",
    "Erik",
    "Finn",
    "Frode",
    "Gorm",
    "Gustav",
    "Halfdan",
    "Henning",
    "Holger",
    "Ivar",
    "Jannik",
    "Jeppe",
    "Jørgen",
    "Kaj",
    "Kristian",
    "Lasse",
    "Laurits",
    "Magnus",
    "Mogens",
    "Niels",
    "Oluf",
    "Ove",
    "Palle",
    "Poul",
    "Rasmus",
    "Rune",
    "Sigurd",
    "Svend",
    "Søren",
    "Thorkild",
    "Troels",
    "Villads",
    "Åge",
];
const FIRST_PART: &[&str] = &[
    "Ager", "Birke", "Bjerre", "Dal", "Egede", "Elle", "Fug", "Gran", "Hav", "Hede", "Holm", "Høj", "Kilde", "Kirke",
    "Klint", "Kær", "Lind", "Lund", "Mose", "Møller", "Nør", "Over", "Rav", "Rose", "Rønne", "Sand", "Skov", "Sten",
    "Strand", "Sønder", "Tjørne", "Vang", "Vester", "Øster", "Ås",
];
const LAST_PART: &[&str] = &[
    "bak", "bjerg", "by", "dahl", "gaard", "holt", "høj", "lund", "mark", "rup", "skov", "strøm", "toft", "vad", "vig",
];
const PATRONYMS: &[&str] = &[
    "Abildsen",
    "Bertelsen",
    "Clemmensen",
    "Didriksen",
    "Enevoldsen",
    "Frandsen",
    "Gregersen",
    "Hemmingsen",
    "Ibsen",
    "Jakobsen",
    "Klausen",
    "Laugesen",
    "Mikkelsen",
    "Nikolajsen",
    "Ottesen",
    "Povlsen",
    "Rasmussen",
    "Sivertsen",
    "Torstensen",
    "Villumsen",
];
const PLACES: &[&str] = &[
    "Bøgevang",
    "Egehøj",
    "Fyrreholm",
    "Gammelstrand",
    "Hyldebakken",
    "Kildemarken",
    "Lyngbanken",
    "Mosevej",
    "Nordhavnen",
    "Pilegården",
    "Rugvænget",
    "Skovkanten",
    "Solbakken",
    "Stenrøret",
    "Tranehøj",
    "Valmuevej",
    "Vesterå",
    "Åglimt",
];
const FIELDS: &[&str] = &[
    "Børn og Unge",
    "Sundhed og Omsorg",
    "Teknik og Miljø",
    "Kultur og Fritid",
    "Beskæftigelse og Borgerservice",
    "Økonomi og Personale",
    "Plan og Byggeri",
    "Digitalisering og Data",
    "Social og Handicap",
    "Natur og Klima",
];
const TASKS: &[&str] = &[
    "Barselsvikariater",
    "Byggesager",
    "Dagtilbud",
    "Fritidspas",
    "Genoptræning",
    "Hjemmepleje",
    "Indkøb",
    "Jordforurening",
    "Kørsel",
    "Ledelsessekretariat",
    "Løn",
    "Myndighed",
    "Opkrævning",
    "Rehabilitering",
    "Sagsarkiv",
    "Sygedagpenge",
    "Tandpleje",
    "Udbud",
    "Vejdrift",
    "Visitation",
];

/// A given name, sometimes two.
pub(super) fn given(random: &mut Random, woman: bool) -> String {
    let list = if woman { WOMEN } else { MEN };
    let first = random.pick(list);
    if random.chance(22) { format!("{first} {}", random.pick(list)) } else { (*first).to_owned() }
}

/// A surname.
pub(super) fn surname(random: &mut Random) -> String {
    if random.chance(45) {
        return (*random.pick(PATRONYMS)).to_owned();
    }
    format!("{}{}", random.pick(FIRST_PART), random.pick(LAST_PART))
}

/// The name of a line unit `level` steps below the top.
pub(super) fn unit(random: &mut Random, level: u32) -> String {
    let (field, task, place) = (random.pick(FIELDS), random.pick(TASKS), random.pick(PLACES));
    match (level, random.below(6)) {
        (0, _) => MUNICIPALITY.to_owned(),
        (1, _) => format!("Forvaltningen for {field}"),
        (2, _) => format!("Center for {task}"),
        (_, 0) => format!("Skolen ved {place}"),
        (_, 1) => format!("Børnehuset {place}"),
        (_, 2) => format!("Plejehjemmet {place}"),
        (_, 3) => format!("{task}, {place}"),
        (3, _) => format!("Afdelingen for {task}"),
        _ => format!("Team {task}"),
    }
}

/// The part of a mail address that stands for a name: lower case, without letters that mail cannot carry.
pub(super) fn mail_part(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    for letter in name.to_lowercase().chars() {
        match letter {
            'æ' => text.push_str("ae"),
            'ø' => text.push_str("oe"),
            'å' => text.push_str("aa"),
            ' ' => text.push('.'),
            _ => text.push(letter),
        }
    }
    text
}
