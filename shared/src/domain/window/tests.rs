use proptest::prelude::*;

use super::*;

fn window(days: &[u8], from: &str, to: &str, zone: &str) -> Window {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    Window {
        days: days.to_vec(),
        from_minute: minute(from),
        to_minute: minute(to),
        time_zone: zone.to_owned(),
    }
}

fn at(window: &Window, now: &str) -> String {
    match window.state_at(now.parse().unwrap()).unwrap() {
        WindowState::Open => "open".to_owned(),
        WindowState::Closed { opens: Some(opens) } => opens.to_string(),
        WindowState::Closed { opens: None } => "never".to_owned(),
    }
}

const WORKDAYS: [u8; 4] = [1, 2, 3, 4];
const ALL: [u8; 7] = [1, 2, 3, 4, 5, 6, 7];

#[test]
fn a_window_opens_and_closes_on_the_minute_of_its_own_zone() {
    let office = window(&WORKDAYS, "09:00", "16:00", "Asia/Kolkata");
    assert_eq!(
        at(&office, "2026-11-23T03:29:59Z"),
        "2026-11-23T09:00:00+05:30[Asia/Kolkata]"
    );
    assert_eq!(at(&office, "2026-11-23T03:30:00Z"), "open");
    assert_eq!(at(&office, "2026-11-23T10:29:59Z"), "open");
    assert_eq!(
        at(&office, "2026-11-23T10:30:00Z"),
        "2026-11-24T09:00:00+05:30[Asia/Kolkata]"
    );
}

#[test]
fn after_the_last_day_the_next_week_is_named() {
    let office = window(&WORKDAYS, "09:00", "16:00", "Europe/Berlin");
    assert_eq!(
        at(&office, "2026-11-26T15:00:00Z"),
        "2026-11-30T09:00:00+01:00[Europe/Berlin]"
    );
}

#[test]
fn a_window_past_midnight_belongs_to_the_day_on_which_it_opens() {
    let night = window(&[5], "22:00", "04:00", "Europe/Berlin");
    assert_eq!(at(&night, "2026-11-27T21:00:00Z"), "open");
    assert_eq!(
        at(&night, "2026-11-28T02:59:59Z"),
        "open",
        "Saturday morning is still Friday's window"
    );
    assert_eq!(
        at(&night, "2026-11-28T03:00:00Z"),
        "2026-12-04T22:00:00+01:00[Europe/Berlin]"
    );
    assert_eq!(
        at(&night, "2026-11-27T02:00:00Z"),
        "2026-11-27T22:00:00+01:00[Europe/Berlin]"
    );
}

#[test]
fn an_opening_in_the_hour_that_is_left_out_is_the_first_moment_after_it() {
    let night = window(&[7], "02:30", "05:00", "Europe/Berlin");
    assert_eq!(
        at(&night, "2026-03-29T00:00:00Z"),
        "2026-03-29T03:00:00+02:00[Europe/Berlin]"
    );
}

#[test]
fn a_window_that_lies_in_the_hour_that_is_left_out_opens_a_week_later() {
    let night = window(&[7], "02:00", "03:00", "Europe/Berlin");
    assert_eq!(
        at(&night, "2026-03-29T00:00:00Z"),
        "2026-04-05T02:00:00+02:00[Europe/Berlin]"
    );
}

#[test]
fn the_hour_that_is_repeated_is_in_the_window_twice() {
    let night = window(&[7], "02:00", "02:30", "Europe/Berlin");
    assert_eq!(at(&night, "2026-10-25T00:15:00Z"), "open");
    assert_eq!(
        at(&night, "2026-10-25T00:45:00Z"),
        "2026-10-25T02:00:00+01:00[Europe/Berlin]"
    );
    assert_eq!(at(&night, "2026-10-25T01:15:00Z"), "open");
    assert_eq!(
        at(&night, "2026-10-25T01:30:00Z"),
        "2026-11-01T02:00:00+01:00[Europe/Berlin]"
    );
}

#[test]
fn a_window_to_the_end_of_the_day_is_open_in_its_last_minute() {
    let day = window(&[1], "00:00", "24:00", "UTC");
    assert_eq!(at(&day, "2026-11-23T23:59:59Z"), "open");
    assert_eq!(at(&day, "2026-11-24T00:00:00Z"), "2026-11-30T00:00:00+00:00[UTC]");
}

#[test]
fn a_window_whose_ends_are_equal_is_never_open() {
    assert_eq!(
        at(&window(&ALL, "09:00", "09:00", "UTC"), "2026-11-23T09:00:00Z"),
        "never"
    );
}

#[test]
fn an_unknown_time_zone_is_refused_by_its_name() {
    let error = window(&ALL, "09:00", "10:00", "Mars/Olympus")
        .state_at(Timestamp::UNIX_EPOCH)
        .unwrap_err();
    assert!(error.to_string().contains("`Mars/Olympus`"), "{error}");
}

#[test]
fn a_window_reads_as_people_write_it() {
    let text = window(&[1, 2, 3, 4, 6], "22:00", "04:30", "Asia/Kolkata").to_string();
    assert_eq!(text, "Mon-Thu,Sat 22:00-04:30 Asia/Kolkata");
}

proptest! {
    /// The next opening is what somebody finds who looks at the clock on the wall every minute.
    #[test]
    fn the_next_opening_is_the_first_open_minute(
        days in proptest::sample::subsequence(ALL.to_vec(), 1..=7),
        from in 0_u16..1440,
        length in 1_u16..1439,
        zone in proptest::sample::select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
        ]),
        // 2026, and the weeks of December 2011 in which Samoa left out a day.
        start in prop_oneof![1_767_225_600_i64..1_798_761_600, 1_324_000_000_i64..1_325_500_000],
    ) {
        let window = Window { days, from_minute: from, to_minute: (from + length) % 1440, time_zone: zone.to_owned() };
        let now = Timestamp::from_second(start - start % 60).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        match window.state_at(now).unwrap() {
            WindowState::Open => prop_assert!(window.holds(zone.to_datetime(now))),
            WindowState::Closed { opens: Some(opens) } => {
                prop_assert!(window.holds(zone.to_datetime(opens.timestamp())));
                let mut moment = now;
                while moment < opens.timestamp() {
                    prop_assert!(!window.holds(zone.to_datetime(moment)), "open already at {}", moment);
                    moment = moment.checked_add(Span::new().minutes(1)).unwrap();
                }
            }
            WindowState::Closed { opens: None } => {
                let mut moment = now;
                for _ in 0..14 * 24 * 60 {
                    prop_assert!(!window.holds(zone.to_datetime(moment)));
                    moment = moment.checked_add(Span::new().minutes(1)).unwrap();
                }
            }
        }
    }
}

#[test]
fn hours_and_days_that_no_clock_and_no_week_have_are_refused_and_never_open() {
    let broken = |edit: fn(&mut Window)| {
        let mut window = window(&ALL, "09:00", "16:00", "UTC");
        edit(&mut window);
        window.state_at("2026-11-23T10:00:00Z".parse().unwrap())
    };
    assert_eq!(broken(|_| {}), Ok(WindowState::Open));
    assert_eq!(broken(|window| window.to_minute = 1_440), Ok(WindowState::Open));
    for edit in [
        (|window| window.to_minute = 1_441) as fn(&mut Window),
        |window| window.to_minute = 9_999,
        |window| window.from_minute = 1_440,
    ] {
        assert!(matches!(broken(edit), Err(BrokenWindow::Hours { .. })));
    }
    for edit in [
        (|window| window.days.clear()) as fn(&mut Window),
        |window| window.days.push(0),
        |window| window.days.push(8),
        |window| window.days.push(255),
    ] {
        assert!(matches!(broken(edit), Err(BrokenWindow::Days(_))));
    }
    let odd = Window {
        days: vec![255],
        ..window(&ALL, "09:00", "16:00", "UTC")
    };
    assert_eq!(odd.to_string(), "? 09:00-16:00 UTC");
}
