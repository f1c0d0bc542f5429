mod ordinary;
mod world;
