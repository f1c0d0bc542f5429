mod complete;
mod golden;
mod hooks;
mod hostile;
mod secrets;
mod sizes;
