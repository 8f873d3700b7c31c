//! Every message that a wrong argument, file or server causes, by subject.

mod arguments;
mod inputs;
mod outputs;
mod reports;
mod server;
mod settings;
