//! A store from outside, the way an application uses it: in memory, with a clock of its own and no runtime.

use std::sync::Arc;

use lora_core::Service;
use lora_core::object::ObjectId;
use lora_core::oio::{Document, read_new_object, read_update, shipped_classes, write_object};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::service::{By, Written};
use lora_core::storage::MemoryStore;
use lora_core::time::{Clock, ManualClock};
use pollster::block_on;
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

#[test]
fn a_unit_is_renamed_from_a_later_day_and_every_corner_of_the_two_axes_remembers() {
    block_on(async {
        let clock = Arc::new(ManualClock::at(1_500_000_000_000_000).unwrap());
        let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [7; 16]).await.unwrap();
        let schema = service.schema().clone();
        let class = schema.class_on_wire("organisationenhed").unwrap();
        let object = ObjectId { class: class.id, uuid: Uuid::from_u128(1) };
        let body = br#"{"attributter": {"organisationenhedegenskaber": [
            {"brugervendtnoegle": "fin", "enhedsnavn": "Finans", "virkning": {"from": "2017-01-01", "to": "infinity"}}]},
            "tilstande": {"organisationenhedgyldighed": [
            {"gyldighed": "Aktiv", "virkning": {"from": "2017-01-01", "to": "infinity"}}]}}"#;
        let new = read_new_object(class, &Document::parse(body).unwrap()).unwrap();
        let written = service.create(object, new.content, By::default()).await.unwrap();
        let known_before = written.receipt().unwrap().instant;

        clock.set(1_500_000_000_000_000 + DAY).unwrap();
        let body = br#"{"attributter": {"organisationenhedegenskaber": [
            {"enhedsnavn": "Finance", "virkning": {"from": "2018-01-01", "to": "infinity"}}]}}"#;
        let update = read_update(class, &Document::parse(body).unwrap()).unwrap();
        let written = service.update(object, update.patch.clone(), By::default()).await.unwrap();
        assert!(matches!(written, Written::Registered(_)));
        assert_eq!(service.update(object, update.patch, By::default()).await.unwrap(), Written::Unchanged);

        let view = service.view(None).await.unwrap();
        let context = TimeContext::now(clock.now()).always();
        let answer = service.read(&view, object, &context).await.unwrap().unwrap();
        let mut json = Vec::new();
        write_object(&mut json, class, &answer);
        let json = String::from_utf8(json).unwrap();
        let expected = concat!(
            r#"{"id":"00000000-0000-0000-0000-000000000001","registreringer":[{"fratidspunkt":"#,
            r#"{"tidsstempeldatotid":"2017-07-15T04:40:00+02:00","graenseindikator":true},"#,
            r#""tiltidspunkt":{"tidsstempeldatotid":"infinity"},"livscykluskode":"Rettet","#,
            r#""brugerref":"00000000-0000-0000-0000-000000000000","attributter":{"organisationenhedegenskaber":["#,
            r#"{"brugervendtnoegle":"fin","enhedsnavn":"Finance","virkning":{"from":"2018-01-01 00:00:00+01","to":"infinity","#,
            r#""from_included":true,"to_included":false}},"#,
            r#"{"brugervendtnoegle":"fin","enhedsnavn":"Finans","virkning":{"from":"2017-01-01 00:00:00+01","#,
            r#""to":"2018-01-01 00:00:00+01","from_included":true,"to_included":false}}]},"#,
            r#""tilstande":{"organisationenhedgyldighed":[{"virkning":{"from":"2017-01-01 00:00:00+01","to":"infinity","#,
            r#""from_included":true,"to_included":false},"gyldighed":"Aktiv"}]}}]}"#,
        );
        assert_eq!(json, expected);

        let name = class.fields().find(|(_, field)| field.name == "unit_name").unwrap().1.id;
        let find = |text: &str, known: Known| Search {
            class: class.id,
            criteria: vec![Criterion::Attribute { field: name, test: ValueTest::Like(Pattern::parse(text).unwrap()) }],
            context: TimeContext { known, ..context },
            page: Page::default(),
        };
        let search = async |text, known| service.search(&view, &find(text, known)).await.unwrap();
        assert_eq!(search("FINANC_", Known::Latest).await, Vec::<Uuid>::new(), "an underscore is a character");
        assert_eq!(search("finance", Known::Latest).await, [object.uuid]);
        assert_eq!(search("finance", Known::at(known_before)).await, Vec::<Uuid>::new(), "nobody knew it then");
        assert_eq!(search("Fin%s", Known::at(known_before)).await, [object.uuid]);
    });
}
