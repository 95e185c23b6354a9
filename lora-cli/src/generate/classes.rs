//! Facets and their classes: the vocabulary of the municipality.

use uuid::Uuid;

use super::calendar::{Day, Span};
use super::it::{self, ROLES, ROLES_PER_SYSTEM, SYSTEMS};
use super::oio::{Act, Class, Object, Slot, Value};
use super::plan::{Actor, Plan};
use super::random::{Kind, Random};

/// A facet that the register works with; the order is part of the ids and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facet {
    UnitType,
    UnitLevel,
    UnitHierarchy,
    UnitAddressType,
    PersonAddressType,
    ManagerAddressType,
    EngagementAddressType,
    Visibility,
    JobFunction,
    EngagementType,
    AssociationType,
    RoleType,
    Role,
    LeaveType,
    ManagerType,
    ManagerLevel,
    Responsibility,
    PrimaryType,
    TimePlanning,
    KleNumber,
    KleAspect,
}

/// User key, title and scope of a class.
type Row = (&'static str, &'static str, &'static str);

const FACETS: &[(Facet, &str, &str)] = &[
    (Facet::UnitType, "org_unit_type", "Enhedstyper"),
    (Facet::UnitLevel, "org_unit_level", "Enhedsniveauer"),
    (Facet::UnitHierarchy, "org_unit_hierarchy", "Organisationer"),
    (Facet::UnitAddressType, "org_unit_address_type", "Adressetyper for enheder"),
    (Facet::PersonAddressType, "employee_address_type", "Adressetyper for medarbejdere"),
    (Facet::ManagerAddressType, "manager_address_type", "Adressetyper for ledere"),
    (Facet::EngagementAddressType, "engagement_address_type", "Adressetyper for engagementer"),
    (Facet::Visibility, "visibility", "Synlighed"),
    (Facet::JobFunction, "engagement_job_function", "Stillingsbetegnelser"),
    (Facet::EngagementType, "engagement_type", "Engagementstyper"),
    (Facet::AssociationType, "association_type", "Tilknytningsroller"),
    (Facet::RoleType, "role_type", "Rolletyper"),
    (Facet::Role, "role", "Roller i it-systemer"),
    (Facet::LeaveType, "leave_type", "Orlovstyper"),
    (Facet::ManagerType, "manager_type", "Ledertyper"),
    (Facet::ManagerLevel, "manager_level", "Lederniveauer"),
    (Facet::Responsibility, "responsibility", "Lederansvar"),
    (Facet::PrimaryType, "primary_type", "Primære engagementer"),
    (Facet::TimePlanning, "time_planning", "Tidsregistrering"),
    (Facet::KleNumber, "kle_number", "Opgavenumre (syntetiske)"),
    (Facet::KleAspect, "kle_aspect", "Opgaveaspekter"),
];

/// Job functions in use; after them come one that was retired and one that is not yet in force.
pub(super) const JOB_FUNCTIONS: u64 = 26;
/// Synthetic task numbers: subjects, then the groups and main groups above them.
pub(super) const KLE_SUBJECTS: u64 = 100;
const KLE_GROUPS: u64 = 20;
const KLE_MAIN_GROUPS: u64 = 5;
const KLE_CLASSES: u64 = KLE_SUBJECTS + KLE_GROUPS + KLE_MAIN_GROUPS;

const fn rows(facet: Facet) -> &'static [Row] {
    match facet {
        Facet::UnitType => &[
            ("kommune", "Kommune", ""),
            ("forvaltning", "Forvaltning", ""),
            ("center", "Center", ""),
            ("afdeling", "Afdeling", ""),
            ("team", "Team", ""),
            ("loenenhed", "Lønenhed", ""),
            ("med_udvalg", "MED-udvalg", ""),
        ],
        Facet::UnitLevel => &[
            ("niveau1", "Øverste niveau", ""),
            ("niveau2", "Niveau 2", ""),
            ("niveau3", "Niveau 3", ""),
            ("niveau4", "Niveau 4", ""),
            ("niveau5", "Niveau 5 og derunder", ""),
        ],
        Facet::UnitHierarchy => {
            &[("linje", "Linjeorganisation", ""), ("loen", "Lønorganisation", ""), ("med", "MED-organisation", "")]
        }
        Facet::UnitAddressType => &[
            ("AdressePost", "Postadresse", "DAR"),
            ("TelefonEnhed", "Hovednummer", "PHONE"),
            ("EmailEnhed", "Fællespostkasse", "EMAIL"),
            ("EAN", "EAN-nummer", "EAN"),
            ("WWW", "Hjemmeside", "WWW"),
            ("Pnummer", "P-nummer", "PNUMBER"),
        ],
        Facet::PersonAddressType => &[
            ("EmailMedarbejder", "Arbejdsmail", "EMAIL"),
            ("TelefonMedarbejder", "Direkte telefon", "PHONE"),
            ("MobilMedarbejder", "Arbejdsmobil", "PHONE"),
            ("LokaleMedarbejder", "Lokale", "TEXT"),
        ],
        Facet::ManagerAddressType => &[("EmailLeder", "Ledermail", "EMAIL")],
        Facet::EngagementAddressType => &[("LokaleEngagement", "Lokale", "TEXT")],
        Facet::Visibility => &[
            ("Intern", "Kun internt", "INTERNAL"),
            ("Ekstern", "Også eksternt", "PUBLIC"),
            ("Hemmelig", "Hemmelig", "SECRET"),
        ],
        Facet::JobFunction => &[
            ("administrativ", "Administrativ medarbejder", ""),
            ("akademisk", "Akademisk medarbejder", ""),
            ("byggesag", "Byggesagsbehandler", ""),
            ("boernehave", "Børnehavepædagog", ""),
            ("chauffoer", "Chauffør", ""),
            ("bibliotek", "Biblioteksmedarbejder", ""),
            ("ergo", "Ergoterapeut", ""),
            ("fysio", "Fysioterapeut", ""),
            ("gartner", "Gartner", ""),
            ("hjemmehjaelp", "Hjemmehjælper", ""),
            ("ingenioer", "Ingeniør", ""),
            ("it", "It-medarbejder", ""),
            ("jobkonsulent", "Jobkonsulent", ""),
            ("koekken", "Køkkenassistent", ""),
            ("leder", "Leder", ""),
            ("loen", "Lønkonsulent", ""),
            ("laerer", "Lærer", ""),
            ("paedagog", "Pædagog", ""),
            ("paedagogmedhjaelper", "Pædagogmedhjælper", ""),
            ("rengoering", "Rengøringsassistent", ""),
            ("sagsbehandler", "Sagsbehandler", ""),
            ("social", "Socialrådgiver", ""),
            ("sosu", "Social- og sundhedsassistent", ""),
            ("sygeplejerske", "Sygeplejerske", ""),
            ("tandplejer", "Tandplejer", ""),
            ("teknisk", "Teknisk servicemedarbejder", ""),
            ("fuldmaegtig_udgaaet", "Fuldmægtig (udgået)", ""),
            ("dataanalytiker", "Dataanalytiker", ""),
        ],
        Facet::EngagementType => {
            &[("maaned", "Månedslønnet", ""), ("time", "Timelønnet", ""), ("elev", "Elev", ""), ("vikar", "Vikar", "")]
        }
        Facet::AssociationType => &[
            ("med_formand", "Formand for MED-udvalg", ""),
            ("med_naestformand", "Næstformand for MED-udvalg", ""),
            ("med_medlem", "Medlem af MED-udvalg", ""),
            ("tr", "Tillidsrepræsentant", ""),
            ("amr", "Arbejdsmiljørepræsentant", ""),
            ("suppleant", "Suppleant", ""),
        ],
        Facet::RoleType => &[("superbruger", "Superbruger", ""), ("koordinator", "Koordinator", "")],
        Facet::LeaveType => &[
            ("barsel", "Barselsorlov", ""),
            ("foraeldre", "Forældreorlov", ""),
            ("sygdom", "Længere sygefravær", ""),
            ("uddannelse", "Uddannelsesorlov", ""),
        ],
        Facet::ManagerType => &[
            ("direktoer", "Direktør", ""),
            ("chef", "Chef", ""),
            ("leder", "Leder", ""),
            ("teamleder", "Teamleder", ""),
        ],
        Facet::ManagerLevel => {
            &[("n1", "Niveau 1", ""), ("n2", "Niveau 2", ""), ("n3", "Niveau 3", ""), ("n4", "Niveau 4", "")]
        }
        Facet::Responsibility => &[
            ("personale", "Personaleledelse", ""),
            ("faglig", "Faglig ledelse", ""),
            ("budget", "Budgetansvar", ""),
            ("drift", "Drift", ""),
            ("arbejdsmiljoe", "Arbejdsmiljø", ""),
        ],
        Facet::PrimaryType => &[
            ("primary", "Primær", "3000"),
            ("non-primary", "Ikke primær", "0"),
            ("explicitly-primary", "Manuelt primær", "5000"),
        ],
        Facet::TimePlanning => &[("tjenestetid", "Tjenestetid", ""), ("fast", "Fast arbejdstid", "")],
        Facet::KleAspect => {
            &[("ansvarlig", "Ansvarlig", ""), ("udfoerende", "Udførende", ""), ("indsigt", "Indsigt", "")]
        }
        Facet::Role | Facet::KleNumber => &[],
    }
}

/// The id of the class `index` of a facet.
pub(super) fn class_id(plan: &Plan, facet: Facet, index: u64) -> Uuid {
    plan.id(Kind::Class, facet as u64, index)
}

/// A value that points to a class.
pub(super) fn class(plan: &Plan, facet: Facet, index: u64) -> Value {
    Value::id(class_id(plan, facet, index))
}

/// Title and scope of a class that is not made by rule.
pub(super) fn row(facet: Facet, index: u64) -> Row {
    rows(facet)[index as usize]
}

/// The organisation, the classification and every facet.
pub(super) fn roots(plan: Plan) -> impl Iterator<Item = Object> {
    let organisation = std::iter::once_with(move || organisation(&plan));
    let classification = std::iter::once_with(move || classification(&plan));
    organisation.chain(classification).chain(FACETS.iter().map(move |facet| facet_object(&plan, *facet)))
}

/// Every class.
pub(super) fn classes(plan: Plan) -> impl Iterator<Item = Object> {
    let listed = FACETS.iter().flat_map(move |(facet, ..)| {
        (0..rows(*facet).len() as u64).map(move |index| {
            let (key, title, scope) = row(*facet, index);
            let mut object = class_object(&plan, *facet, index, key.to_owned(), title.to_owned());
            if !scope.is_empty() {
                object.set(plan.founded, Slot::Property("omfang"), Value::text(scope));
            }
            with_history(&plan, *facet, index, object)
        })
    });
    let roles = (0..SYSTEMS as u64 * ROLES_PER_SYSTEM).map(move |index| role_class(&plan, index));
    let numbers = (0..KLE_CLASSES).rev().map(move |index| kle_class(&plan, index));
    listed.chain(roles).chain(numbers)
}

fn imported(plan: &Plan, class: Class, id: Uuid, seconds: i64, key: String) -> Object {
    let first = plan.first(plan.migration(0), seconds, plan.actor(Actor::Migration), "");
    begun(class, id, first, key, plan.founded)
}

fn begun(class: Class, id: Uuid, first: Act, key: String, from: Day) -> Object {
    let mut object = Object::new(class, id, first);
    object.set(from, Slot::Property("brugervendtnoegle"), Value::text(key));
    object.present(object.created(), Span::since(from));
    object
}

fn organisation(plan: &Plan) -> Object {
    let id = plan.id(Kind::Organisation, 0, 0);
    let mut object = imported(plan, Class::Organisation, id, 0, "root".to_owned());
    object.set(plan.founded, Slot::Property("organisationsnavn"), Value::text(super::names::MUNICIPALITY));
    // No Danish municipality has this code.
    object.set(plan.founded, Slot::Relation("myndighed", ""), Value::urn("urn:dk:kommune:998".to_owned()));
    object
}

fn classification(plan: &Plan) -> Object {
    let id = plan.id(Kind::Classification, 0, 0);
    let mut object = imported(plan, Class::Classification, id, 10, "havlunde".to_owned());
    object.set(plan.founded, Slot::Property("kaldenavn"), Value::text("Kommunens klassifikation"));
    object.set(plan.founded, Slot::Relation("ansvarlig", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object
}

fn facet_object(plan: &Plan, (facet, key, description): (Facet, &'static str, &'static str)) -> Object {
    let id = plan.id(Kind::Facet, facet as u64, 0);
    let mut object = imported(plan, Class::Facet, id, 60 + facet as i64, key.to_owned());
    object.set(plan.founded, Slot::Property("beskrivelse"), Value::text(description));
    object.set(plan.founded, Slot::Relation("ansvarlig", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object
}

fn class_object(plan: &Plan, facet: Facet, index: u64, key: String, title: String) -> Object {
    let seconds = 120 + facet as i64 * 20 + (index % 20) as i64;
    let object = imported(plan, Class::Klasse, class_id(plan, facet, index), seconds, key);
    titled(plan, object, facet, title, plan.founded)
}

fn titled(plan: &Plan, mut object: Object, facet: Facet, title: String, from: Day) -> Object {
    object.set(from, Slot::Property("titel"), Value::text(title));
    object.set(from, Slot::Relation("facet", ""), Value::id(plan.id(Kind::Facet, facet as u64, 0)));
    object.set(from, Slot::Relation("ansvarlig", ""), Value::id(plan.id(Kind::Organisation, 0, 0)));
    object
}

/// What happened to a class: some were retitled, one retired, one comes into force later.
fn with_history(plan: &Plan, facet: Facet, index: u64, mut object: Object) -> Object {
    let mut random: Random = plan.random(Kind::Class, facet as u64, index);
    let actor = plan.administrator(&mut random);
    let day = plan.some_day(&mut random);
    let mut act = |day: Day, note: &'static str| {
        let at = plan.office_hour(&mut random, day);
        object.act(Act::new(at, actor, note))
    };
    match (facet, index) {
        (Facet::JobFunction, JOB_FUNCTIONS) => {
            let known = act(day.plus(-30), "Stillingsbetegnelsen udgår");
            object.absent(known, day.next_month());
        }
        (Facet::JobFunction, index) if index > JOB_FUNCTIONS => {
            let known = act(plan.until.plus(-20), "Ny stillingsbetegnelse fra årsskiftet");
            object.absent(known, plan.founded);
            object.present(known, Span::since(plan.planned.effect));
        }
        (Facet::JobFunction | Facet::AssociationType | Facet::Responsibility, _) if index % 5 == 1 => {
            let known = act(day, "Ny betegnelse efter overenskomstfornyelsen");
            let title = format!("{} (ny ordlyd)", row(facet, index).1);
            object.state_fact(known, Span::since(day.next_month()), Slot::Property("titel"), Value::text(title));
        }
        _ => {}
    }
    object
}

/// A role comes with its system.
fn role_class(plan: &Plan, index: u64) -> Object {
    let (system, role) = (index / ROLES_PER_SYSTEM, index % ROLES_PER_SYSTEM);
    let (key, title) = ROLES[role as usize];
    let from = it::system_life(plan, system).from;
    let first = it::system_act(plan, system, 600 + role as i64);
    let key = format!("{}-{key}", it::system_key(system));
    let object = begun(Class::Klasse, class_id(plan, Facet::Role, index), first, key, from);
    let mut object = titled(plan, object, Facet::Role, title.to_owned(), from);
    object.set(from, Slot::Relation("mapninger", ""), Value::id(plan.id(Kind::System, system, 0)));
    object
}

/// From the top down. Numbers from 91 on, which the real task list does not use, with titles that say nothing.
fn kle_class(plan: &Plan, index: u64) -> Object {
    let subjects_per_group = KLE_SUBJECTS / KLE_GROUPS;
    let groups_per_main = KLE_GROUPS / KLE_MAIN_GROUPS;
    let main_key = |main: u64| format!("{}", 91 + main);
    let group_key = |group: u64| format!("{}.{:02}", main_key(group / groups_per_main), group % groups_per_main + 1);
    let (key, parent) = if index < KLE_SUBJECTS {
        let group = index / subjects_per_group;
        (format!("{}.{:02}", group_key(group), index % subjects_per_group + 1), Some(KLE_SUBJECTS + group))
    } else if index < KLE_SUBJECTS + KLE_GROUPS {
        let group = index - KLE_SUBJECTS;
        (group_key(group), Some(KLE_SUBJECTS + KLE_GROUPS + group / groups_per_main))
    } else {
        (main_key(index - KLE_SUBJECTS - KLE_GROUPS), None)
    };
    let seconds = 600 + (KLE_CLASSES - index) as i64;
    let object = imported(plan, Class::Klasse, class_id(plan, Facet::KleNumber, index), seconds, key.clone());
    let mut object = titled(plan, object, Facet::KleNumber, format!("Syntetisk opgave {key}"), plan.founded);
    if let Some(parent) = parent {
        let parent = class(plan, Facet::KleNumber, parent);
        object.set(plan.founded, Slot::Relation("overordnetklasse", ""), parent);
    }
    object
}
