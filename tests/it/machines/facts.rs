//! `facts.gather` on machines of every sort.

use super::law::on;
use crate::support::{Kind, Lab};

#[test]
fn a_host_is_looked_over_and_only_for_what_is_asked() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    let found = on(&machine).is_settled("facts.gather: {}");
    assert_eq!(
        found["packages"]["sudo"],
        machine.says("dpkg-query -W -f '${Version}' sudo")
    );
    assert_eq!(
        (
            &found["services"]["ssh.service"]["state"],
            &found["services"]["ssh.service"]["unit_file"]
        ),
        (&"active".into(), &"enabled".into())
    );
    let root = found["mounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["path"] == "/")
        .unwrap();
    assert_eq!(root["type"], "overlay");
    assert!(root["size"].as_u64().unwrap() > root["free"].as_u64().unwrap());
    let address = found["interfaces"]["eth0"]["addresses"][0].as_str().unwrap();
    assert!(
        address.starts_with("10.0.0.") && address.ends_with("/24"),
        "{address}"
    );
    assert_eq!(
        found["cpus"]["count"].to_string(),
        machine.says("grep -c ^processor /proc/cpuinfo").trim()
    );
    assert!(found["memory"]["total"].as_u64() > found["memory"]["available"].as_u64());
    let some = on(&machine).is_settled("facts.gather: [memory]");
    assert_eq!(some.as_object().unwrap().len(), 1);
    let arch = lab.machine("arch", Kind::Arch);
    assert_eq!(
        on(&arch).is_settled("facts.gather: [packages]")["packages"],
        serde_json::json!({})
    );
    let busybox = lab.machine("bb", Kind::BusyBox);
    assert_eq!(
        on(&busybox).is_settled("facts.gather: {}")["packages"],
        serde_json::json!({})
    );
    let plain = lab.debian("deb");
    let found = on(&plain).is_settled("facts.gather: [services]");
    assert_eq!(found["services"]["cron"], serde_json::json!({}));
}
