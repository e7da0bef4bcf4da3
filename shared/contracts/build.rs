//! Generates the contracts from `proto/` without protoc: protox reads the files, tonic-prost-build writes the messages, clients and servers,
//! [`views`] what reads messages in place.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use prost::Message as _;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet, field_descriptor_proto::Label};

#[path = "build/views.rs"]
mod views;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Read as it runs: this program may have been built of another folder that shared the target folder.
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let root = Path::new(&package).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    proto_files(&root, &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    // Encoded by protox itself, so that the method options, which are extensions, are kept.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    let descriptors = tonic_prost_build::FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;
    fs::write(out.join("fields.rs"), fields(&descriptors))?;
    fs::write(out.join("views.rs"), views::generate(&descriptors)?)?;

    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names().bytes(["."]).extern_path(".google.rpc.Status", "::tonic_types::Status").include_file("contracts.rs");
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// The paths of the fields of our messages.
fn fields(descriptors: &FileDescriptorSet) -> String {
    let own = descriptors.file.iter().filter(|file| file.package().starts_with("crm."));
    let messages: BTreeMap<String, &DescriptorProto> =
        own.flat_map(|file| file.message_type.iter().map(|message| (format!(".{}.{}", file.package(), message.name()), message))).collect();
    let implementations = messages.iter().map(|(name, message)| {
        let (paths, path) = (paths(message, &messages), name.replace('.', "::"));
        format!("impl Fields for crate{path} {{ const PATHS: &'static [&'static str] = &{paths:?}; }}\n")
    });
    implementations.collect()
}

/// The paths of the fields of a message: of what is one message, of ours, those of its fields.
fn paths(message: &DescriptorProto, messages: &BTreeMap<String, &DescriptorProto>) -> Vec<String> {
    let of_field = |field: &FieldDescriptorProto| match messages.get(field.type_name()) {
        Some(part) if field.label() != Label::Repeated && field.oneof_index.is_none() => {
            paths(part, messages).into_iter().map(|path| format!("{}.{path}", field.name())).collect()
        }
        _ => vec![field.name().to_owned()],
    };
    message.field.iter().flat_map(of_field).collect()
}

fn proto_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            proto_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
