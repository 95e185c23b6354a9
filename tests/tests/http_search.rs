//! Searches where we decided otherwise than LoRA, or where its two versions differ.

use lora_tests::{Server, uuid};
use serde_json::{Value, json};

fn always() -> Value {
    json!({"from": "-infinity", "to": "infinity"})
}

/// A function with a key, extensions and relations.
fn function(server: &Server, number: u32, key: &str, extensions: &Value, relations: &Value) {
    let mut row = extensions.clone();
    row["virkning"] = always();
    let body = json!({
        "attributter": {
            "organisationfunktionegenskaber": [{"brugervendtnoegle": key, "virkning": always()}],
            "organisationfunktionudvidelser": [row],
        },
        "tilstande": {"organisationfunktiongyldighed": [{"gyldighed": "Aktiv", "virkning": always()}]},
        "relationer": relations,
    });
    let answer = server.send("PUT", &format!("/organisation/organisationfunktion/{}", uuid(number)), &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[track_caller]
fn finds(server: &Server, query: &str, expected: &[u32]) {
    let answer = server.get(&format!("/organisation/organisationfunktion?{query}"));
    let expected: Vec<String> = expected.iter().map(|number| uuid(*number)).collect();
    assert_eq!(answer.json()["results"], json!([expected]), "{query}: {}", answer.text());
}

fn to(target: u32, object_type: &str) -> Value {
    json!({"uuid": uuid(target), "objekttype": object_type, "virkning": always()})
}

#[test]
fn booleans_and_integers_by_value_and_a_shared_name_by_what_the_value_is() {
    let server = Server::start();
    let none = json!({});
    function(&server, 1, "a", &json!({"primær": true, "fraktion": 0}), &none);
    function(&server, 2, "b", &json!({"primær": false, "fraktion": 40}), &json!({"primær": [to(9, "T")]}));
    for (value, found) in [("true", 1), ("True", 1), ("1", 1), ("false", 2), ("False", 2), ("0", 2)] {
        finds(&server, &format!("primær={value}").replace('æ', "%C3%A6"), &[found]);
    }
    finds(&server, &format!("prim%C3%A6r={}", uuid(9)), &[2]);
    finds(&server, &format!("prim%C3%A6r:T={}", uuid(9)), &[2]);
    finds(&server, &format!("prim%C3%A6r={}&prim%C3%A6r=false", uuid(9)), &[2]);
    finds(&server, "fraktion=0", &[1]);
    finds(&server, "fraktion=%2B40", &[2]);
    finds(&server, "fraktion=41", &[]);
}

#[test]
fn values_of_one_relation_are_alternatives_and_everything_else_is_required() {
    let server = Server::start();
    let none = json!({});
    let urn = json!({"urn": "urn:x", "virkning": always()});
    function(&server, 1, "a", &none, &json!({"opgaver": [to(7, "T")]}));
    function(&server, 2, "b", &none, &json!({"opgaver": [to(8, "U")]}));
    function(&server, 3, "c", &none, &json!({"opgaver": [to(7, "U"), urn], "adresser": [to(8, "T")]}));
    let (seven, eight) = (uuid(7), uuid(8));
    finds(&server, &format!("opgaver={seven}&opgaver={eight}"), &[1, 2, 3]);
    finds(&server, &format!("opgaver={seven}&opgaver={eight}&bvn=a&bvn=%25"), &[1]);
    finds(&server, &format!("opgaver={seven}&opgaver=urn:x"), &[3]);
    finds(&server, &format!("opgaver:T={seven}&opgaver:U={eight}"), &[]);
    finds(&server, &format!("opgaver:U={seven}&opgaver:U={eight}"), &[2, 3]);
    finds(&server, &format!("opgaver={seven}&adresser={eight}"), &[3]);
    finds(&server, &format!("opgaver:T={seven}&registreretfra=-infinity"), &[1]);
    finds(&server, &format!("vilkaarligrel={eight}"), &[2, 3]);
    finds(&server, "opgaver=URN:x", &[]);
    finds(&server, "bvn=a&bvn=b", &[]);
}

#[test]
fn underscores_are_literal_everywhere() {
    let server = Server::start();
    function(&server, 1, "a_c", &json!({"udvidelse_1": "x_y"}), &json!({}));
    function(&server, 2, "abc", &json!({"udvidelse_1": "xzy"}), &json!({}));
    finds(&server, "bvn=A_C", &[1]);
    finds(&server, "vilkaarligattr=x_y", &[1]);
    finds(&server, "vilkaarligattr=x%25y", &[1, 2]);
    let target = format!("/organisation/organisationfunktion/{}", uuid(1));
    assert_eq!(server.send("PATCH", &target, &json!({"note": "n_1"})).status, 200);
    finds(&server, "notetekst=n_1", &[1]);
    finds(&server, "notetekst=n%251", &[1]);
    finds(&server, "notetekst=__1", &[]);
}

#[test]
fn deleted_objects_are_found_by_their_life_cycle_or_in_the_past_and_left_out_of_lists() {
    let server = Server::start();
    for number in 1..=3 {
        function(&server, number, "a", &json!({}), &json!({}));
    }
    let target = format!("/organisation/organisationfunktion/{}", uuid(2));
    assert_eq!(server.send("DELETE", &target, &json!({"note": "away"})).status, 202);
    finds(&server, "bvn=a", &[1, 3]);
    finds(&server, "livscykluskode=Slettet", &[2]);
    finds(&server, "livscykluskode=Slettet&bvn=a", &[]);
    finds(&server, "bvn=a&registreretfra=-infinity", &[1, 2, 3]);
    finds(&server, "bvn=a&foersteresultat=1&maximalantalresultater=5", &[3]);
    finds(&server, "bvn=a&maximalantalresultater=0", &[]);
    let query = [1, 2, 3].map(|number| format!("uuid={}", uuid(number))).join("&");
    let listed = server.get(&format!("/organisation/organisationfunktion?{query}")).json();
    let ids: Vec<&str> = listed["results"][0].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [uuid(1), uuid(3)]);
    let nothing = server.get(&format!("/organisation/organisationfunktion?uuid={}", uuid(2))).json();
    assert_eq!(nothing, json!({"results": []}));
}
