//! Accounts of this machine.

use serde_json::json;

use crate::tools::testing::TestLink;
use crate::value::Value;

#[test]
fn an_account_is_looked_up_by_name_and_number() {
    let link = TestLink::default();
    for args in [
        json!({ "name": "root" }),
        json!({ "name": "0" }),
        json!({ "id": 0 }),
    ] {
        let fields = link.call("user.lookup", args).unwrap().fields;
        assert_eq!(
            (&fields["exists"], &fields["uid"]),
            (&true.into(), &Value::Int(0))
        );
        assert_eq!(fields["name"].as_str(), Some("root"));
        let Value::List(groups) = &fields["groups"] else {
            panic!()
        };
        assert_eq!(groups[0].as_str(), Some("root"));
    }
    let group = link
        .call("user.lookup", json!({ "name": "root", "kind": "group" }))
        .unwrap();
    assert_eq!(group.fields["gid"], Value::Int(0));
    assert!(!group.fields.contains_key("home"));
    let nobody = link
        .call("user.lookup", json!({ "name": "no-such-user" }))
        .unwrap();
    assert_eq!(
        (nobody.changed, nobody.fields.len(), &nobody.fields["exists"]),
        (false, 1, &false.into())
    );
    let all = link.call("user.lookup", json!({ "kind": "all" })).unwrap().fields;
    let Value::List(users) = &all["users"] else {
        panic!()
    };
    assert!(
        users
            .iter()
            .any(|it| it.as_map().unwrap()["name"].as_str() == Some("root"))
    );
}
