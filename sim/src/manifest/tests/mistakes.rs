//! Every mistake gets a message with its place and a remedy.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::diagnostic::{Sources, Style};
use crate::manifest::{Inputs, import_inputs, import_text};

use super::messages;

pub(super) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&messages(text));
}

pub(super) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        env:
        - {name: DEBUG, value: \"1\"}
        ports:
        - {name: http, containerPort: 8080}
        readinessProbe: {httpGet: {port: http}}
";

/// The Deployment with one text replaced by another.
pub(super) fn check_changed(from: &str, to: &str, expected: Expect) {
    assert!(DEPLOYMENT.contains(from));
    check(&DEPLOYMENT.replace(from, to), expected);
}

#[test]
fn nothing_is_said_of_a_good_manifest() {
    check(DEPLOYMENT, expect![[r#""#]]);
}

#[test]
fn empty_text() {
    check(
        "",
        expect![[r#"
        error[M003]: this file holds no object
         --> web.yaml:1:1
          |
        1 |
          | ^ the file is empty
          |
          = help: a manifest has at least `apiVersion`, `kind` and `metadata.name`
        1 error, 0 warnings; nothing was run
    "#]],
    );
}

#[test]
fn only_comments() {
    check(
        "# nothing\n---\n# here\n",
        expect![[r#"
        error[M003]: this file holds no object
         --> web.yaml:1:1
          |
        1 | # nothing
          | ^ only comments
          |
          = help: a manifest has at least `apiVersion`, `kind` and `metadata.name`
        1 error, 0 warnings; nothing was run
    "#]],
    );
}

#[test]
fn tabs() {
    check_changed(
        "  replicas: 2",
        "\treplicas: 2",
        expect![[r#"
        error[M005]: a tab indents this line; YAML allows only spaces there
         --> web.yaml:5:1
          |
        5 |  replicas: 2
          | ^
          |
          = help: replace each tab at the start of a line with spaces (`expand -t 2 FILE`)
        1 error, 0 warnings; nothing was run
    "#]],
    );
}

#[test]
fn broken_documents_do_not_hide_each_other() {
    let text = "a: b: c\n---\nkind: [1, 2\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: A_b}\nspec: {}\n";
    check(
        text,
        expect![[r#"
            error[M005]: this is not YAML: mapping values are not allowed in this context
             --> web.yaml:1:5
              |
            1 | a: b: c
              |     ^
              |
              = help: if the value contains `: `, put it in quotes
            error[M005]: this is not YAML: unclosed bracket '['
             --> web.yaml:3:7
              |
            3 | kind: [1, 2
              |       ^
              |
              = help: close it; the other documents of the file were read
            error[M012]: Pod `A_b` is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character
             --> web.yaml:7:18  metadata.name
              |
            7 | metadata: {name: A_b}
              |                  ^^^
              |
              = help: for example `a-b`
            error[M012]: Pod `A_b` is invalid: spec.containers: Required value
             --> web.yaml:8:1  spec.containers
              |
            8 | spec: {}
              | ^^^^ `containers` is missing
              |
              = help: a pod has at least one container
            4 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn a_template() {
    check_changed(
        "image: web:1",
        "image: {{ .Values.image }}",
        expect![[r#"
            error[M005]: a list or a map cannot be the key of a map
              --> web.yaml:12:17
               |
            12 |         image: {{ .Values.image }}
               |                 ^^^^^^^^^^^^^^^^^
               |
               = help: `{{ … }}` is a template, not YAML: render it first, for example with `helm template .`
            1 error, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn a_key_given_twice() {
    check_changed(
        "  replicas: 2\n",
        "  replicas: 2\n  replicas: 3\n",
        expect![[r#"
            error[M005]: the key `replicas` is given twice
             --> web.yaml:6:3
              |
            5 |   replicas: 2
              |   -------- first given here
            6 |   replicas: 3
              |   ^^^^^^^^
              |
              = help: remove one of them; Kubernetes would use only the last
            1 error, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn unquoted_texts() {
    check_changed(
        "value: \"1\"",
        "value: yes}\n        - {name: PORT, value: 8080",
        expect![[r#"
            error[M010]: spec.template.spec.containers[0].env[0].value: expected text, found the boolean true
              --> web.yaml:14:32  spec.template.spec.containers[0].env[0].value
               |
            14 |         - {name: DEBUG, value: yes}
               |                                ^^^ must be quoted
               |
               = help: write `"yes"`
            error[M010]: spec.template.spec.containers[0].env[1].value: expected text, found the number 8080
              --> web.yaml:15:31  spec.template.spec.containers[0].env[1].value
               |
            15 |         - {name: PORT, value: 8080}
               |                               ^^^^ must be quoted
               |
               = help: write `"8080"`
            2 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn wrong_types_deep_inside() {
    check_changed(
        "containerPort: 8080",
        "containerPort: \"8080\"}\n        - {containerPort: [1]",
        expect![[r#"
            error[M010]: spec.template.spec.containers[0].ports[0].containerPort: expected a whole number, found the text "8080"
              --> web.yaml:16:39  spec.template.spec.containers[0].ports[0].containerPort
               |
            16 |         - {name: http, containerPort: "8080"}
               |                                       ^^^^^^ must not be quoted
               |
               = help: write `8080` without quotes
            error[M010]: spec.template.spec.containers[0].ports[1].containerPort: expected a whole number, found a list
              --> web.yaml:17:27  spec.template.spec.containers[0].ports[1].containerPort
               |
            17 |         - {containerPort: [1]}
               |                           ^^^ expected a whole number
            2 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn a_list_where_a_map_belongs() {
    check_changed(
        "metadata: {labels: {app: web}}",
        "metadata: [labels]",
        expect![[r#"
            error[M010]: spec.template.metadata: expected a map (ObjectMeta), found a list
             --> web.yaml:8:15  spec.template.metadata
              |
            8 |     metadata: [labels]
              |               ^^^^^^^^ expected a map (ObjectMeta)
            1 error, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn unknown_fields() {
    check_changed(
        "image: web:1",
        "imag: web:1\n        image: web:1\n        replicas: 3",
        expect![[r#"
            warning[M011]: unknown field `spec.template.spec.containers[0].imag` in Deployment; it is ignored
              --> web.yaml:12:9  spec.template.spec.containers[0].imag
               |
            12 |         imag: web:1
               |         ^^^^ did you mean `image`?
            warning[M011]: unknown field `spec.template.spec.containers[0].replicas` in Deployment; it is ignored
              --> web.yaml:14:9  spec.template.spec.containers[0].replicas
               |
            14 |         replicas: 3
               |         ^^^^^^^^
               |
               = help: `replicas` belongs to the spec of a workload: check the indentation
            0 errors, 2 warnings
        "#]],
    );
}

#[test]
fn negative_replicas() {
    check_changed(
        "replicas: 2",
        "replicas: -1",
        expect![[r#"
        error[M012]: Deployment `web` is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
         --> web.yaml:5:13  spec.replicas
          |
        5 |   replicas: -1
          |             ^^
        1 error, 0 warnings; nothing was run
    "#]],
    );
}

#[test]
fn a_selector_that_misses_its_template() {
    check_changed(
        "{labels: {app: web}}",
        "{labels: {app: wbe}}",
        expect![[r#"
            error[M012]: Deployment `web` is invalid: spec.template.metadata.labels: Invalid value: {app: wbe}: `selector` does not match template `labels`
             --> web.yaml:8:24  spec.template.metadata.labels
              |
            8 |     metadata: {labels: {app: wbe}}
              |                        ^^^^^^^^^^ the selector asks for another `app`
              |
              = help: the template must have every label that `spec.selector` asks for
            1 error, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn many_mistakes_in_one_container() {
    check_changed(
        "image: web:1",
        "imagePullPolicy: allways\n        volumeMounts: [{name: data, mountPath: /d}]\n        livenessProbe: {successThreshold: 2}\n        resources: {requests: {cpu: 2, memory: 1X}, limits: {cpu: 500m}}",
        expect![[r#"
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].image: Required value
              --> web.yaml:11:9  spec.template.spec.containers[0].image
               |
            11 |       - name: web
               |         ^ `image` is missing
               |
               = help: for example `image: nginx:1.29`
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "allways": supported values: "Always", "IfNotPresent", "Never"
              --> web.yaml:12:26  spec.template.spec.containers[0].imagePullPolicy
               |
            12 |         imagePullPolicy: allways
               |                          ^^^^^^^ did you mean `Always`?
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"
              --> web.yaml:13:31  spec.template.spec.containers[0].volumeMounts[0].name
               |
            13 |         volumeMounts: [{name: data, mountPath: /d}]
               |                               ^^^^
               |
               = help: add a volume of this name to the pod's `volumes`
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].livenessProbe: Required value: must specify a handler type
              --> web.yaml:14:24  spec.template.spec.containers[0].livenessProbe
               |
            14 |         livenessProbe: {successThreshold: 2}
               |                        ^^^^^^^^^^^^^^^^^^^^^
               |
               = help: say what to do: exec, httpGet, tcpSocket or grpc
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1
              --> web.yaml:14:43  spec.template.spec.containers[0].livenessProbe.successThreshold
               |
            14 |         livenessProbe: {successThreshold: 2}
               |                                           ^
               |
               = help: only a readinessProbe may ask for more than one success
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: "2": must be less than or equal to cpu limit of 500m
              --> web.yaml:15:37  spec.template.spec.containers[0].resources.requests[cpu]
               |
            15 |         resources: {requests: {cpu: 2, memory: 1X}, limits: {cpu: 500m}}
               |                                     ^
               |
               = help: lower the request or raise the limit
            error[M012]: Deployment `web` is invalid: spec.template.spec.containers[0].resources.requests[memory]: Invalid value: "1X": quantities must match a number with an optional suffix: m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei
              --> web.yaml:15:48  spec.template.spec.containers[0].resources.requests[memory]
               |
            15 |         resources: {requests: {cpu: 2, memory: 1X}, limits: {cpu: 500m}}
               |                                                ^^
            7 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn twins_in_one_file() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    check(
        text,
        expect![[r#"
            error[M013]: ConfigMap `a` in namespace `default` is defined twice in this file
             --> web.yaml:7:18
              |
            3 | metadata: {name: a}
              |                  - first defined here
            ...
            7 | metadata: {name: a}
              |                  ^
              |
              = help: rename or remove one of them: applied, the second would overwrite the first
            1 error, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn versions() {
    let mut text = String::new();
    for (version, kind) in [
        ("extensions/v1beta1", "Ingress"),
        ("apps/v2", "StatefulSet"),
        ("apps/v1", "Deploymnet"),
        ("rbac.authorization.k8s.io/v1beta1", "Role"),
    ] {
        text.push_str(&format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n---\n"
        ));
    }
    text.push_str(
        "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n---\n",
    );
    check(
        &text,
        expect![[r#"
            error[M008]: Ingress in `extensions/v1beta1` is gone since Kubernetes 1.22
             --> web.yaml:1:13  apiVersion
              |
            1 | apiVersion: extensions/v1beta1
              |             ^^^^^^^^^^^^^^^^^^ now `networking.k8s.io/v1`
              |
              = help: write `apiVersion: networking.k8s.io/v1` and convert the fields that changed (`kubectl convert`)
            error[M009]: there is no kind `StatefulSet` in `apps/v2`
             --> web.yaml:5:13  apiVersion
              |
            5 | apiVersion: apps/v2
              |             ^^^^^^^ StatefulSet is in `apps/v1`
              |
              = help: write `apiVersion: apps/v1`
            error[M009]: there is no kind `Deploymnet` in `apps/v1`
              --> web.yaml:10:7  kind
               |
            10 | kind: Deploymnet
               |       ^^^^^^^^^^ did you mean `Deployment`?
               |
               = help: write `apiVersion: apps/v1` and `kind: Deployment`
            warning[M008]: Kubernetes 1.36 has no Role in `rbac.authorization.k8s.io/v1beta1`
              --> web.yaml:13:13  apiVersion
               |
            13 | apiVersion: rbac.authorization.k8s.io/v1beta1
               |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
               |
               = help: write `apiVersion: rbac.authorization.k8s.io/v1`; it has no effect here
            warning[M007]: PodDisruptionBudget in `policy/v1beta1` is read as `policy/v1`; Kubernetes 1.25 and later refuse it
              --> web.yaml:17:13  apiVersion
               |
            17 | apiVersion: policy/v1beta1
               |             ^^^^^^^^^^^^^^
               |
               = help: write `apiVersion: policy/v1`
            3 errors, 2 warnings; nothing was run
        "#]],
    );
}

#[test]
fn documents_that_are_no_objects() {
    check(
        "kind: Pod\nmetadata: {name: a}\n---\nmetadata: {name: b}\n---\n[1]\n",
        expect![[r#"
            error[M006]: this object has no `apiVersion`
             --> web.yaml:1:1
              |
            1 | kind: Pod
              | ^
              |
              = help: add `apiVersion: v1`
            error[M006]: this is not a Kubernetes object: no `apiVersion`, no `kind`
             --> web.yaml:4:1
              |
            4 | metadata: {name: b}
              | ^
              |
              = help: add `apiVersion:` and `kind:`, such as `apiVersion: apps/v1` and `kind: Deployment`; the parts of a Helm chart are rendered first: `helm template DIR`
            error[M006]: a manifest is a map of fields, and this is a list
             --> web.yaml:6:1
              |
            6 | [1]
              | ^^^
              |
              = help: a manifest begins with `apiVersion:` and `kind:`; documents are divided by `---`
            3 errors, 0 warnings; nothing was run
        "#]],
    );
}

#[test]
fn json_and_typed_lists_are_read() {
    let text = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"ConfigMapList\",\n\t\"items\": [\n\t\t{\"metadata\": {\"name\": \"a\"}, \"data\": {\"k\": \"a\\n\\/\\u00e9\\ud83d\\ude00\"}},\n\t\t{\"metadata\": {\"name\": \"b\"}, \"data\": {\"k\": 1}}\n\t]\n}\n";
    check(
        text,
        expect![[r#"
        error[M010]: data.k: expected text, found the number 1
         --> web.yaml:6:45  items[1].data.k
          |
        6 |   {"metadata": {"name": "b"}, "data": {"k": 1}}
          |                                             ^ must be quoted
          |
          = help: write `"1"`
        1 error, 0 warnings; nothing was run
    "#]],
    );
    let good = text.replace(": 1}", ": \"1\"}");
    let names: Vec<String> = super::read(&good)
        .objects
        .into_iter()
        .map(|o| o.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn kinds_without_effect_are_counted() {
    let mut sources = Sources::new();
    let text = "apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: a}\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: a.example/v1, kind: Thing, metadata: {name: b}, spec: 3}\n- {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: b}}\n";
    let import = import_text("a.yaml", text, &mut sources);
    assert!(import.diagnostics.is_empty());
    assert_eq!(
        import.no_effect,
        [("Thing".to_owned(), 2), ("Role".to_owned(), 1)]
    );
}

#[test]
fn files_that_cannot_be_read() {
    let directory = std::env::temp_dir().join(format!("wavetank-manifest-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("empty")).unwrap();
    std::fs::write(directory.join("web.yaml"), DEPLOYMENT).unwrap();
    std::fs::write(directory.join("blob.yaml"), [0x00, 0x9f, 0x92]).unwrap();
    std::fs::write(directory.join("void.yaml"), "").unwrap();
    let paths = [
        "wbe.yaml",
        "empty",
        "blob.yaml",
        "void.yaml",
        "*.json",
        "-",
        "w*.yaml",
    ];
    let inputs = Inputs {
        base: directory.clone(),
        ..Inputs::of(paths)
    };
    let mut sources = Sources::new();
    let import = import_inputs(&inputs, &mut sources);
    let drawn = import.diagnostics.render(&sources, Style::Plain);
    let shown = drawn.replace(&directory.display().to_string(), "DIR");
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(import.objects.len(), 1);
    expect![[r#"
        error[M001]: there is no file or directory `DIR/wbe.yaml`
         |
         = help: did you mean `DIR/web.yaml`?
        error[M002]: the directory `DIR/empty` holds no manifest
         |
         = help: files that end in .yaml, .yml or .json are read, in subdirectories too
        error[M004]: `DIR/blob.yaml` is not a text file: it is not UTF-8 text: byte 1 begins no character (is it compressed, or another kind of file?)
         |
         = help: manifests are YAML or JSON in UTF-8; a compressed file must be unpacked first
        error[M001]: no file matches `*.json`
         |
         = help: `*` stays within a directory, `**` does not
        error[M001]: `-` reads standard input, and there is none here
         |
         = help: pipe the manifests in, or name a file
        error[M003]: this file holds no object
         --> DIR/void.yaml:1:1
          |
        1 |
          | ^ the file is empty
          |
          = help: a manifest has at least `apiVersion`, `kind` and `metadata.name`
        6 errors, 0 warnings; nothing was run
    "#]]
    .assert_eq(&shown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Cutting and stitching a manifest yields objects or messages, never a panic.
    #[test]
    fn mutated_manifests_never_panic(
        cuts in prop::collection::vec((0..400_usize, 0..20_usize, "[ -~\\n\\t\u{e9}]{0,6}"), 0..6),
    ) {
        let mut text: Vec<char> = DEPLOYMENT.chars().collect();
        for (at, length, insert) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        let mut sources = Sources::new();
        let import = import_text("web.yaml", &text, &mut sources);
        prop_assert!(import.objects.len() <= text.len());
        prop_assert!(!import.objects.is_empty() || !import.diagnostics.is_empty() || !import.no_effect.is_empty());
    }
}
