//! The README's lines do what it says. Those of grpcurl are carried out by a client that knows nothing but what server
//! reflection tells it, as grpcurl does.

use std::{collections::HashMap, fs, path::Path, process::Command};

use prost::{Message as _, bytes::Bytes};
use prost_reflect::{DescriptorPool, DynamicMessage, prost_types::FileDescriptorProto};
use serde_json::Value;
use tonic::{
    Code, Request, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use super::stage::{addresses, cleaner_with, signed_in_with, stranger};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap()
}

/// The command lines in the README's blocks of shell, with what a backslash continues.
fn lines() -> Vec<String> {
    let text = readme();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks
        .flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Splits a line as a shell does: blanks part words, quotes keep them together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ' ') if !word.is_empty() => words.push(std::mem::take(&mut word)),
            (None, ' ') => {}
            (_, c) => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The README's demo login, on this CRM.
async fn demo_manager() {
    let manager = cleaner_with("Marta", "manager@alva.example").await;
    signed_in_with(&manager, Some("MANAGER"), standalone::demo::PASSWORD).await;
}

#[tokio::test]
async fn the_lines_of_grpcurl_and_curl_work_and_calls_without_a_token_are_refused() {
    demo_manager().await;
    let curl = lines().into_iter().find(|line| line.starts_with("curl")).unwrap();
    let body = words(&curl).windows(2).find(|pair| pair[0] == "-d").unwrap()[1].clone();
    let sent =
        reqwest::Client::new().post(format!("{}/graphql", stranger().base)).header("content-type", "application/json").body(body).send();
    let token = sent.await.unwrap().json::<Value>().await.unwrap()["data"]["signIn"]["session"]["accessToken"].as_str().unwrap().to_owned();

    let grpcurls: Vec<_> = lines().into_iter().filter(|line| line.starts_with("grpcurl")).collect();
    assert!(grpcurls.len() >= 4);
    let mut answers = Vec::new();
    for line in &grpcurls {
        answers.push(grpcurl(&words(&line.replace("$TOKEN", &token))).await.unwrap_or_else(|status| panic!("{line}: {status}")));
    }
    assert!(answers[0].contains("crm.order.v1.OrderService") && answers[0].contains("grpc.health.v1.Health"), "{}", answers[0]);
    assert!(answers[1].contains("AssignEmployee"), "{}", answers[1]);
    assert!(answers[2].contains("accessToken"), "{}", answers[2]);

    let without: Vec<_> =
        words(grpcurls.last().unwrap()).into_iter().filter(|word| word != "-H" && !word.starts_with("authorization")).collect();
    assert_eq!(grpcurl(&without).await.unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn every_command_of_cargo_xtask_and_crm_is_there() {
    let text = readme();
    let mut tried = 0;
    for line in
        text.lines().flat_map(|line| line.split('`')).chain(text.lines()).map(str::trim).filter(|line| line.starts_with("cargo xtask "))
    {
        let command = words(line)[2].clone();
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/src/main.rs");
        let variant = format!("{}{}", command[..1].to_uppercase(), &command[1..]);
        assert!(fs::read_to_string(xtask).unwrap().contains(&format!("    {variant}")), "{line}");
        tried += 1;
    }
    for line in lines().iter().filter(|line| line.contains("--release -- ")) {
        let arguments: Vec<_> = words(line).into_iter().skip_while(|word| word != "--").skip(1).chain(["--help".to_owned()]).collect();
        let output = Command::new(env!("CARGO_BIN_EXE_crm")).args(&arguments).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        tried += 1;
    }
    assert!(tried >= 6);
}

/// What grpcurl does with these words.
async fn grpcurl(words: &[String]) -> Result<String, Status> {
    let (mut data, mut headers, mut rest) = (String::from("{}"), HashMap::new(), Vec::new());
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-plaintext" => {}
            "-d" => data = words.next().unwrap().clone(),
            "-H" => {
                let (name, value) = words.next().unwrap().split_once(": ").unwrap();
                headers.insert(name.to_owned(), value.to_owned());
            }
            word => rest.push(word.to_owned()),
        }
    }
    let address = match rest[0].as_str() {
        "localhost:50051" => addresses().auth,
        "localhost:50052" => addresses().employee,
        "localhost:50053" => addresses().customer,
        "localhost:50054" => addresses().order,
        other => panic!("{other} is no port of the README's table"),
    };
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    match rest[1].as_str() {
        "list" => Ok(reflect(&channel, MessageRequest::ListServices(String::new())).await?.join("\n")),
        "describe" => {
            let pool = pool(&channel, &rest[2]).await?;
            let service = pool.get_service_by_name(&rest[2]).unwrap();
            Ok(service.methods().map(|method| method.name().to_owned()).collect::<Vec<_>>().join("\n"))
        }
        method => call(&channel, method, &data, &headers).await,
    }
}

async fn call(channel: &Channel, path: &str, data: &str, headers: &HashMap<String, String>) -> Result<String, Status> {
    let (service, name) = path.split_once('/').unwrap();
    let pool = pool(channel, service).await?;
    let method = pool.get_service_by_name(service).unwrap().methods().find(|method| method.name() == name).unwrap();
    let message = DynamicMessage::deserialize(method.input(), &mut serde_json::Deserializer::from_str(data)).unwrap();
    let mut request = Request::new(Bytes::from(message.encode_to_vec()));
    for (name, value) in headers {
        let name: tonic::metadata::MetadataKey<tonic::metadata::Ascii> = name.parse().unwrap();
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let reply = client.unary(request, format!("/{path}").parse().unwrap(), Raw).await?.into_inner();
    Ok(serde_json::to_string(&DynamicMessage::decode(method.output(), reply).unwrap()).unwrap())
}

/// All that a symbol needs, as reflection tells it.
async fn pool(channel: &Channel, symbol: &str) -> Result<DescriptorPool, Status> {
    let mut request = MessageRequest::FileContainingSymbol(symbol.to_owned());
    let (mut files, mut missing) = (HashMap::new(), Vec::<String>::new());
    loop {
        for file in reflect_files(channel, request).await? {
            missing.extend(file.dependency.iter().cloned());
            files.insert(file.name().to_owned(), file);
        }
        missing.retain(|name| !files.contains_key(name));
        match missing.pop() {
            Some(name) => request = MessageRequest::FileByFilename(name),
            None => break,
        }
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files.into_values()).unwrap();
    Ok(pool)
}

async fn reflect(channel: &Channel, request: MessageRequest) -> Result<Vec<String>, Status> {
    match ask(channel, request).await? {
        MessageResponse::ListServicesResponse(list) => Ok(list.service.into_iter().map(|service| service.name).collect()),
        other => panic!("{other:?}"),
    }
}

async fn reflect_files(channel: &Channel, request: MessageRequest) -> Result<Vec<FileDescriptorProto>, Status> {
    match ask(channel, request).await? {
        MessageResponse::FileDescriptorResponse(reply) => {
            Ok(reply.file_descriptor_proto.iter().map(|file| FileDescriptorProto::decode(file.as_slice()).unwrap()).collect())
        }
        other => panic!("{other:?}"),
    }
}

async fn ask(channel: &Channel, request: MessageRequest) -> Result<MessageResponse, Status> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let mut replies =
        ServerReflectionClient::new(channel.clone()).server_reflection_info(futures::stream::iter([request])).await?.into_inner();
    Ok(replies.message().await?.unwrap().message_response.unwrap())
}

/// Messages as they are on the wire.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost::bytes::BufMut::put(buffer, item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = prost::bytes::Buf::remaining(buffer);
        Ok(Some(prost::bytes::Buf::copy_to_bytes(buffer, length)))
    }
}
