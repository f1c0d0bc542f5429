mod complete;
mod golden;
mod hostile;
mod secrets;
mod sizes;
