mod complete;
mod drift;
mod golden;
mod hooks;
mod hostile;
mod secrets;
mod sizes;
