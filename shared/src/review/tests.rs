mod complete;
mod drift;
mod golden;
mod honest;
mod hooks;
mod hostile;
mod secrets;
mod sizes;
