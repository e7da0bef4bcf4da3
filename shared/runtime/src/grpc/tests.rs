//! What must hold of calls and of serving.
//!
//! | module | what |
//! |---|---|
//! | `echo` | a small service that does what its caller tells it, and the two ways to it |
//! | `same` | cases that must come out the same over both ways |
//! | `log` | what a call leaves in the log |
//! | `lost` | what goes wrong between two hosts |
//! | `health` | whether what is needed is there |
//! | `stop` | reflection, and stopping in order |

mod echo;
mod health;
mod log;
mod lost;
mod same;
mod stop;
