mod golden;
mod hostile;
mod sizes;
