//! `wavetank fit`: what-if placement on a cluster of one's own.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use super::exit::{Failure, violated};
use super::run::Output;
use super::terminal;
use crate::diagnostic::{Diagnostic, Diagnostics, Sources, Style};
use crate::fit::{asked, cluster, fit};
use crate::manifest::{Import, Imported, Object, import};
use crate::plan::settings::SchedulerSettings;

/// The arguments of `fit`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl get nodes,pods,services,rs,sts,ns,pdb,pc,pv,pvc,sc,csinodes -A -o json > dump.json
  wavetank fit -f pod.yaml --cluster dump.json
  wavetank fit -f deployment.yaml --cluster dump.json -n team-a -o json

Pods are placed one after the other by the rules of kube-scheduler 1.36 with its default profile, every
node scored. Exit code 0 when all of them fit, 1 when one does not, 2 for a mistake in the files.")]
pub struct Args {
    /// What is to be placed: Pods, Deployments, ReplicaSets, StatefulSets, Jobs
    #[arg(short = 'f', long = "filename", required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The cluster: objects as `kubectl get … -A -o json` prints them
    #[arg(long, required = true, value_name = "FILE")]
    cluster: Vec<String>,
    /// The namespace of objects that name none [default: default]
    #[arg(short, long)]
    namespace: Option<String>,
    /// A KubeSchedulerConfiguration; its first profile places the pods [default: the default profile]
    #[arg(long, value_name = "FILE")]
    scheduler_config: Option<String>,
    /// Output: text, or json for programs
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    if args.output == Output::Yaml {
        return Err(Failure::user("fit prints text or json"));
    }
    let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
    let mut dump = read(&args.cluster, &mut sources, &mut diagnostics);
    let wanted = read(&args.files, &mut sources, &mut diagnostics);
    let classes = classes(
        dump.objects
            .iter()
            .chain(&wanted.objects)
            .map(|it| &it.object),
    );
    let namespace = args.namespace.as_deref();
    let pods = asked(&wanted.objects, namespace, &classes, &mut diagnostics);
    let objects = std::mem::take(&mut dump.objects);
    let has_nodes = objects
        .iter()
        .any(|it| matches!(it.object, Object::Node(_)));
    if !has_nodes && !diagnostics.has_errors() {
        let help = "dump them: kubectl get nodes,pods -A -o json > dump.json";
        diagnostics.push(Diagnostic::error("F003", "the dump has no nodes").help(help));
    }
    if pods.is_empty() && !diagnostics.has_errors() {
        let message = "there is nothing to place: the manifests have no pods";
        diagnostics.push(Diagnostic::error("F004", message));
    }
    let settings = match &args.scheduler_config {
        Some(path) => SchedulerSettings::from_file(path, &mut sources, &mut diagnostics),
        None => SchedulerSettings::default(),
    };
    let framework = settings.profiles[0].framework.clone();
    // Claims may come with the pods that name them.
    let is_storage = |it: &Imported| {
        let kind = it.object.kind();
        matches!(
            kind,
            "PersistentVolumeClaim" | "PersistentVolume" | "StorageClass"
        )
    };
    let new = wanted.objects.into_iter().filter(is_storage);
    let objects = objects.into_iter().chain(new).map(|it| it.object);
    let world = cluster(framework, objects, &mut diagnostics);
    let style = match terminal::colours_on_stderr() {
        true => Style::Coloured,
        false => Style::Plain,
    };
    if !diagnostics.is_empty() {
        super::tell(diagnostics.render(&sources, style).trim_end());
    }
    let Some(world) = world.filter(|_| !diagnostics.has_errors()) else {
        return Err(Failure::reported());
    };
    let report = fit(world, &pods);
    let text = match args.output {
        Output::Json => format!("{:#}\n", report.to_json()),
        Output::Text | Output::Yaml => report.to_text(),
    };
    out.write_all(text.as_bytes())
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(if report.fits() {
        ExitCode::SUCCESS
    } else {
        violated()
    })
}

fn read(paths: &[String], sources: &mut Sources, diagnostics: &mut Diagnostics) -> Import {
    let mut found = import(paths, sources);
    diagnostics.extend(std::mem::take(&mut found.diagnostics));
    found
}

/// The values of priority classes, those of every cluster among them (C73).
fn classes<'a>(objects: impl Iterator<Item = &'a Object>) -> BTreeMap<String, i32> {
    let mut classes = BTreeMap::from([
        ("system-cluster-critical".to_owned(), 2_000_000_000),
        ("system-node-critical".to_owned(), 2_000_001_000),
    ]);
    for object in objects {
        if let Object::PriorityClass(class) = object
            && let Some(name) = &class.metadata.name
        {
            classes.insert(name.clone(), class.value.unwrap_or_default());
        }
    }
    classes
}
