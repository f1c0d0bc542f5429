//! The switch `--rough` of the commands that start an environment.

use crate::places::Places;

/// How hostile the local world is.
#[derive(Debug, Clone, clap::Args)]
pub struct Roughness {
    /// Make the local world as hostile as AWS is allowed to be: late history, lost and doubled events, throttles, lost
    /// answers. The seed is printed, and repeats a run.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    rough: Option<u64>,
}

impl Roughness {
    /// The places with the roughness that was asked for; tells the seed.
    pub fn of(&self, places: Places, command: &str) -> Places {
        let Some(asked) = self.rough else {
            return places;
        };
        let seed = match asked {
            0 => u64::from(uuid::Uuid::new_v4().as_fields().0).max(1),
            seed => seed,
        };
        println!("the local world is rough; `cargo local {command} --rough={seed}` repeats it");
        places.with_roughness(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_kept_and_one_is_drawn_where_none_is_given() {
        let of = |rough| Roughness { rough }.of(Places::of_this_repository(), "demo").rough();
        assert_eq!(of(None), None);
        assert_eq!(of(Some(7)), Some(7));
        assert!(of(Some(0)).is_some_and(|seed| seed > 0));
    }
}
