//! The time at which a respondent wants to be called again.
//!
//! Owns: reading a day and a time of day by the words of `languages/<code>/times.toml`. Never does:
//! know today's date.

use crate::language::times::Times;
use crate::lexicon as lex;
use crate::meaning::When;

/// Hours up to this one are taken for the afternoon unless a part of the day is named, because
/// nobody asks to be called at three at night.
const AFTERNOON_UNTIL: u32 = 7;

impl Times {
    /// Returns the time that these words name, if they name one.
    pub fn when(&self, text: &str) -> Option<When> {
        let words = lex::tokens(text);
        if let Some(minutes) = self.span(&words) {
            return Some(When::In { minutes });
        }
        let minute_of_day = self.time_of_day(&words);
        let weekday = words.iter().find_map(|word| self.weekdays.iter().position(|day| day == word));
        if let Some(weekday) = weekday {
            return Some(When::Weekday { weekday: weekday as u8, minute_of_day });
        }
        let days = words.iter().find_map(|word| self.days.get(word).copied());
        match (days, minute_of_day) {
            (Some(days), minute_of_day) => Some(When::Day { days, minute_of_day }),
            (None, Some(minute)) => Some(When::Day { days: 0, minute_of_day: Some(minute) }),
            (None, None) => None,
        }
    }

    /// A number in digits or in words.
    pub(crate) fn number(&self, word: &str) -> Option<u32> {
        word.parse().ok().or_else(|| self.numbers.get(word).copied())
    }

    /// The minutes of "in two hours", "in an hour", "in half an hour".
    fn span(&self, words: &[String]) -> Option<u32> {
        words.iter().enumerate().filter(|(_, word)| self.within.contains(word)).find_map(|(at, _)| {
            let rest = &words[at + 1..(at + 5).min(words.len())];
            let (place, unit) = rest.iter().enumerate().find_map(|(i, word)| Some((i, *self.units.get(word)?)))?;
            let halved = rest[..place].iter().any(|word| word == "half");
            let count = rest[..place].iter().find_map(|word| self.number(word)).unwrap_or(1);
            Some(if halved { unit / 2 } else { count.saturating_mul(unit) })
        })
    }

    fn time_of_day(&self, words: &[String]) -> Option<u16> {
        let part = words.iter().find_map(|word| self.parts.get(word).copied());
        let has = |list: &[String]| words.iter().any(|word| list.contains(word));
        let hour = words.iter().enumerate().find_map(|(i, word)| {
            let before = i.checked_sub(1).is_some_and(|j| self.at.contains(&words[j]));
            let after =
                words.get(i + 1).is_some_and(|next| self.afternoon.contains(next) || self.morning.contains(next));
            let glued = ["am", "pm"].iter().find_map(|end| word.strip_suffix(end)?.parse::<u32>().ok());
            glued.or_else(|| self.number(word).filter(|_| before || after)).filter(|hour| (0..24).contains(hour))
        });
        let Some(hour) = hour else { return part };
        let evening =
            part.is_some_and(|part| part >= 12 * 60) || has(&self.afternoon) || words.iter().any(|w| w.ends_with("pm"));
        let morning = part.is_some_and(|part| part < 12 * 60) || has(&self.morning);
        let hour = if hour < 12 && (evening || !morning && hour <= AFTERNOON_UNTIL) { hour + 12 } else { hour };
        Some((hour * 60) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn days_and_times_are_read() {
        let when = |text: &str| Language::english().times.when(text);
        let day = |days, minute_of_day| Some(When::Day { days, minute_of_day });
        assert_eq!(when("Can you call me back tomorrow?"), day(1, None));
        assert_eq!(when("Tomorrow at six, please."), day(1, Some(18 * 60)));
        assert_eq!(when("Try me tomorrow morning at nine."), day(1, Some(9 * 60)));
        assert_eq!(when("It's a bad moment, try me after six."), day(0, Some(18 * 60)));
        assert_eq!(when("Ring me at 3 pm."), day(0, Some(15 * 60)));
        assert_eq!(when("Tonight at 8."), day(0, Some(20 * 60)));
        assert_eq!(when("On Friday afternoon."), Some(When::Weekday { weekday: 4, minute_of_day: Some(15 * 60) }));
        assert_eq!(when("In two hours."), Some(When::In { minutes: 120 }));
        assert_eq!(when("Maybe in half an hour?"), Some(When::In { minutes: 30 }));
        assert_eq!(when("I'm busy right now."), None);
        assert_eq!(when("I have three kids here."), None);
    }
}
