//! Tests of how written text is read.

use super::*;

/// Checks rows of language, written text and spoken text. The failure lists every row that differs.
fn said_as_in(table: &[(&str, &str, &str)]) {
    let normaliser = Normaliser::new().unwrap();
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(language, written, said)| {
            let got = normaliser.spoken(written, Locale::of(language));
            let same = got.text == *said && got.unspoken.is_empty();
            (!same)
                .then(|| format!("{language}: {written}\n   wanted {said}\n   got    {} {:?}", got.text, got.unspoken))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn written_forms_are_said_in_words() {
    let mut table = Vec::new();
    for (written, said) in [
        ("It costs $3.50, or €1,200.", "It costs three dollars and fifty cents, or one thousand two hundred euros."),
        ("A $5M round and $2.5 billion more", "A five million dollars round and two point five billion dollars more"),
        ("£0.99 or 20 EUR", "ninety-nine pence or twenty euros"),
        ("About 12.5% of 1,500 users.", "About twelve point five percent of one thousand five hundred users."),
        ("Since 1999, in 2024", "Since nineteen ninety-nine, in twenty twenty-four"),
        ("2000 users in the 1990s", "two thousand users in the nineteen nineties"),
        ("from 2019–2021", "from twenty nineteen to twenty twenty-one"),
        ("the 3rd of 21st", "the third of twenty-first"),
        ("at 3:30 pm or 14:05 or 9 a.m.", "at three thirty P M or fourteen oh five or nine eh M."),
        ("at 12:00.", "at twelve o'clock."),
        ("open 24/7", "open twenty-four seven"),
        ("Rate it 1-10, or 8/10.", "Rate it one to ten, or eight out of ten."),
        ("1/2 cup, 3/4 full", "one half cup, three quarters full"),
        ("Call +1 (555) 123-4567.", "Call plus one, five five five, one two three, four five six seven."),
        ("Call 555-0199 now", "Call five five five, zero one nine nine now"),
        ("on 2024-05-03", "on May third, twenty twenty-four"),
        ("May 5, 2023 and 7 June", "May fifth, twenty twenty-three and the seventh of June"),
        ("Dr. Smith and Mr. Lee, e.g. nurses, etc.", "Doctor Smith and Mister Lee, for example, nurses, et cetera."),
        ("St. Paul lives on Main St. now", "Saint Paul lives on Main Street now"),
        (
            "5 km at 60 km/h with 1 kg and 16GB",
            "five kilometers at sixty kilometers per hour with one kilogram and sixteen gigabytes",
        ),
        ("-5°C or 72 °F", "minus five degrees Celsius or seventy-two degrees Fahrenheit"),
        ("R&D @ Q&A: 2+2=4", "R and D at Q and eh: two plus two equals four"),
        ("Mail joe.doe+x@acme-labs.io", "Mail joe dot doe plus x at acme dash labs dot io"),
        (
            "See https://www.example.com/a_b?c=1.",
            "See W W W dot example dot com slash a underscore b question mark c equals one.",
        ),
        (
            "Version v1.2.3 on 10.0.0.1",
            "Version version one point two point three on ten point zero point zero point one",
        ),
        ("Q3, MP3, 5G and B2B", "Q three, MP three, five G and B to B"),
        ("10k users, 3x faster", "ten thousand users, three times faster"),
        ("#1 issue, No. 7", "number one issue, number seven"),
        ("yes/no, his/her", "yes or no, his or her"),
        ("naïve café Rákóczi", "naive cafe Rakoczi"),
        ("first\nsecond", "first. second"),
        ("*very* good - really -- yes", "very good — really — yes"),
        ("ratio 3:1", "ratio three to one"),
        ("agent 007 of 12345678901", "agent zero zero seven of one two three four five six seven eight nine zero one"),
        ("file report.pdf", "file report dot pdf"),
        ("≥ 5 and ~10", "at least five and about ten"),
    ] {
        table.push(("en", written, said));
    }
    said_as_in(&table);
}

#[test]
fn what_has_no_word_is_reported() {
    let got = Normaliser::new().unwrap().spoken("Fine 🙂 привет", Locale::default());
    assert_eq!(got.text, "Fine");
    assert_eq!(got.unspoken.len(), 7);
}

#[test]
fn money_is_said_with_its_sign_on_either_side_and_in_any_grouping() {
    said_as_in(&[
        ("en", "₹1,50,000", "one hundred fifty thousand rupees"),
        ("en-IN", "₹1,50,000", "one lakh fifty thousand rupees"),
        ("en-IN", "Rs. 2,50,00,000.50", "two crore fifty lakh rupees and fifty paise"),
        (
            "en-IN",
            "₹150000 or $1,500,000",
            "one lakh fifty thousand rupees or one million five hundred thousand dollars",
        ),
        ("en-IN", "₹5 lakh, ₹1.5L, ₹2 crores", "five lakh rupees, one point five lakh rupees, two crore rupees"),
        ("en", "1.234,56 €", "one thousand two hundred and thirty-four euros and fifty-six cents"),
        ("en-GB", "€1.234,56", "one thousand two hundred and thirty-four euros and fifty-six cents"),
        ("en", "€1,234.56", "one thousand two hundred and thirty-four euros and fifty-six cents"),
        ("en", "1 234,56 €", "one thousand two hundred and thirty-four euros and fifty-six cents"),
        ("en", "1\u{202f}234,56\u{a0}€", "one thousand two hundred and thirty-four euros and fifty-six cents"),
        ("en", "CHF 1'234.50", "one thousand two hundred and thirty-four francs and fifty centimes"),
        ("en", "1.500 €, not 1.5 €", "one thousand five hundred euros, not one point five euros"),
        ("en", "R$50", "fifty reais"),
        (
            "en",
            "R$ 1, R$1,50 or R$ 1.250,00",
            "one real, one real and fifty centavos or one thousand two hundred and fifty reais",
        ),
        ("en", "R$0,99", "ninety-nine centavos"),
        ("en", "50 R$ or 20 kr", "fifty reais or twenty kroner"),
        ("en", "A$20, US$5 and C$1", "twenty Australian dollars, five U S dollars and one Canadian dollar"),
        ("en", "$20 CAD", "twenty Canadian dollars"),
        ("en", "USD 1,000 or 1000 USD", "one thousand U S dollars or one thousand U S dollars"),
        ("en", "5 000 Ft, 1.500 Ft", "five thousand forints, one thousand five hundred forints"),
        (
            "en",
            "99 zł, 15 Kč, 100 ₽, ₩5000",
            "ninety-nine zlotys, fifteen koruny, one hundred rubles, five thousand won",
        ),
        ("en", "50¢ or $0.50", "fifty cents or fifty cents"),
        ("en-GB", "50p or 1p", "fifty pence or one penny"),
        ("en", "50p", "fifty p"),
        ("en", "-$5, −5 € and $-5", "minus five dollars, minus five euros and minus five dollars"),
        ("en", "$5-10", "five to ten dollars"),
        ("en", "$5–$10", "five to ten dollars"),
        ("en", "5–10 €", "five to ten euros"),
        ("en", "5 €-10 €", "five to ten euros"),
        ("en", "£5-10k", "five to ten thousand pounds"),
        ("en", "£5k-10k", "five to ten thousand pounds"),
        ("en", "£500k-1m", "five hundred thousand to one million pounds"),
        ("en", "$1.50-2.00", "one dollar and fifty cents to two dollars"),
        ("en", "₹1,00,000-1,50,000", "one hundred thousand to one hundred fifty thousand rupees"),
        ("en", "$35/year, 9,99 €/month", "thirty-five dollars per year, nine euros and ninety-nine cents per month"),
        ("en", "₹1,500/- or 5,- €", "one thousand five hundred rupees or five euros"),
        ("en", "10 $5 bills", "ten five dollars bills"),
        ("en", "$10, 20 € or £30?", "ten dollars, twenty euros or thirty pounds?"),
        ("en", "1,5 million €", "one point five million euros"),
    ]);
}

#[test]
fn numbers_are_said_in_any_grouping() {
    said_as_in(&[
        ("en", "1,50,000 people", "one hundred fifty thousand people"),
        ("en-IN", "1,50,000 people", "one lakh fifty thousand people"),
        ("en", "1.234.567 people", "one million two hundred thirty-four thousand five hundred and sixty-seven people"),
        ("en", "1 234 567 people", "one million two hundred thirty-four thousand five hundred and sixty-seven people"),
        ("en", "10 000 people", "ten thousand people"),
        ("en", "10'000 people", "ten thousand people"),
        ("en", "10000000 people", "ten million people"),
        ("en", "1.234,5 people", "one thousand two hundred and thirty-four point five people"),
        ("en", "12,5 %, 3,5 km", "twelve point five percent, three point five kilometers"),
        ("en", "1,2,3 or 1, 2 and 3", "one, two, three or one, two and three"),
        (
            "en",
            "192.168.100.200",
            "one hundred ninety-two point one hundred sixty-eight point one hundred point two hundred",
        ),
        ("en", "5-7% and 5%–7%", "five to seven percent and five to seven percent"),
        (
            "en",
            "0.5-1.5% or 2,5–3,5 %",
            "zero point five to one point five percent or two point five to three point five percent",
        ),
        ("en", "-5% to +5%", "minus five percent to plus five percent"),
        ("en", "20°C-25°C", "twenty to twenty-five degrees Celsius"),
        ("en", "2-3x, 5-7km, z ≠ 0", "two to three times, five to seven kilometers, z is not zero"),
        ("en", "5-7-day trips, 10–15 min", "five to seven day trips, ten to fifteen minutes"),
        ("en", "1,000–1,500 people", "one thousand to one thousand five hundred people"),
        ("en", "the 1st-3rd, 21ST and 1,000th", "the first to third, twenty-first and one thousandth"),
        ("en", "3/week, 5%/year", "three per week, five percent per year"),
        ("en", "split 50/50 after 9/11", "split fifty fifty after nine eleven"),
        ("en", "1½ of .5%", "one and one half of zero point five percent"),
        ("en", "a 3x3 grid, 5'10\" tall", "a three by three grid, five foot ten tall"),
        ("en", "in 1066 and 1815", "in ten sixty-six and eighteen fifteen"),
        ("en", "5 - 3 = 2", "five minus three equals two"),
    ]);
}

#[test]
fn times_are_said_with_and_without_minutes_and_in_ranges() {
    said_as_in(&[
        ("en", "5-7pm", "five to seven P M"),
        ("en", "from 5–7 p.m. on", "from five to seven P M on"),
        ("en", "9am-5pm", "nine eh M to five P M"),
        ("en", "9 a.m. – 5 p.m.", "nine eh M to five P M."),
        ("en", "9am-5", "nine eh M to five"),
        ("en", "5:30-7:15pm", "five thirty to seven fifteen P M"),
        ("en-GB", "5.30pm or 5.30–7.15 pm", "five thirty P M or five thirty to seven fifteen P M"),
        ("en", "5-7:30pm", "five to seven thirty P M"),
        ("en", "noon-2pm, 9am–noon", "noon to two P M, nine eh M to noon"),
        ("en", "3:00-4:00", "three to four o'clock"),
        ("en", "09:00–17:30", "nine o'clock to seventeen thirty"),
        ("en", "17:00-19:30", "seventeen hundred to nineteen thirty"),
        ("en", "9-5:30", "nine to five thirty"),
        ("en", "at 17:00, 17:05 and 00:00", "at seventeen hundred, seventeen oh five and midnight"),
        ("en", "9:00 AM, 7PM", "nine eh M, seven P M"),
        ("en", "12:30:45", "twelve thirty and forty-five seconds"),
        ("en", "Mon-Fri, 9-5", "Monday to Friday, nine to five"),
        ("en", "Monday–Friday", "Monday to Friday"),
    ]);
}

#[test]
fn dates_are_said_in_the_order_of_the_locale() {
    said_as_in(&[
        ("en-GB", "12/05/2024", "the twelfth of May, twenty twenty-four"),
        ("en-US", "12/05/2024", "December fifth, twenty twenty-four"),
        ("en", "12/05/2024", "December fifth, twenty twenty-four"),
        ("en-AU", "3/4/24", "the third of April, twenty twenty-four"),
        ("en-US", "3/4/99", "March fourth, nineteen ninety-nine"),
        ("en-US", "25/12/2024", "December twenty-fifth, twenty twenty-four"),
        ("en-GB", "12/25/2024", "the twenty-fifth of December, twenty twenty-four"),
        (
            "en-GB",
            "12-05-2024 or 12-05-24",
            "the twelfth of May, twenty twenty-four or the twelfth of May, twenty twenty-four",
        ),
        ("en-US", "12.05.2024, 12.05.24", "May twelfth, twenty twenty-four, May twelfth, twenty twenty-four"),
        ("en-GB", "2024-05-12", "the twelfth of May, twenty twenty-four"),
        ("en-US", "2024-05-12", "May twelfth, twenty twenty-four"),
        ("en", "2024/05/12, 2024.05.12", "May twelfth, twenty twenty-four, May twelfth, twenty twenty-four"),
        ("en-GB", "2024-05-12T14:30:00Z", "the twelfth of May, twenty twenty-four at fourteen thirty U T C"),
        ("en-GB", "the 12/05/2024 deadline", "the twelfth of May, twenty twenty-four deadline"),
        (
            "en-GB",
            "12/05/2024-14/05/2024",
            "the twelfth of May, twenty twenty-four to the fourteenth of May, twenty twenty-four",
        ),
        ("en-GB", "on 12/05 or by 1/12", "on the twelfth of May or by the first of December"),
        ("en-US", "from 12/05 to 12/07", "from December fifth to December seventh"),
        ("en-GB", "12-14 May 2024", "the twelfth to the fourteenth of May twenty twenty-four"),
        ("en-US", "May 12–14, 2024", "May twelfth to fourteenth, twenty twenty-four"),
        ("en-GB", "12th May – 3rd June", "the twelfth of May to the third of June"),
        ("en-US", "Dec 12-Jan 3", "December twelfth to January third"),
        ("en-GB", "from 5 to 7 May", "from the fifth to the seventh of May"),
        ("en-US", "May 5 to 7", "May fifth to seventh"),
        ("en", "12.-14.05.2024", "the twelfth to May fourteenth, twenty twenty-four"),
        ("en-GB", "between 5/6 and 7/6", "between the fifth of June and the seventh of June"),
        ("en-GB", "cut by 1/3, set on 1/3", "cut by one third, set on the first of March"),
        ("en", "sizes 10-15-20", "sizes ten, fifteen, twenty"),
        ("en", "Jan-Mar 2024", "January to March twenty twenty-four"),
        ("en", "Sept. 2024", "September twenty twenty-four"),
        ("en", "05/2024 and 2024-05", "May twenty twenty-four and May twenty twenty-four"),
        ("en", "in 2024/25, 2019-20", "in twenty twenty-four to twenty-five, twenty nineteen to twenty"),
        ("en", "Mon, 12 May", "Monday, the twelfth of May"),
        ("en", "Marketing 5 of 99/99/2024", "Marketing five of ninety-nine ninety-nine slash twenty twenty-four"),
    ]);
}

#[test]
fn telephone_numbers_are_said_digit_by_digit() {
    said_as_in(&[
        ("en-GB", "020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
        ("en-GB", "07700 900123", "zero seven seven zero zero, nine zero zero, one two three"),
        ("en-GB", "+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
        ("en-GB", "+44 (0)20 7946 0958", "plus four four, zero, two zero, seven nine four six, zero nine five eight"),
        ("en-IN", "+91 98765 43210", "plus nine one, nine eight seven six five, four three two one zero"),
        ("en", "+33 1 23 45 67 89", "plus three three, one, two three, four five, six seven, eight nine"),
        ("en", "1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
        (
            "en",
            "555.123.4567 or 555 123 4567",
            "five five five, one two three, four five six seven or five five five, one two three, four five six seven",
        ),
        ("en", "+442079460958", "plus four four two, zero seven nine, four six zero, nine five eight"),
        (
            "en",
            "Call us at 98765 43210 ext. 12",
            "Call us at nine eight seven six five, four three two one zero extension one two",
        ),
        ("en", "call 911 now", "call nine one one now"),
        ("en", "we call 911 people", "we call nine hundred eleven people"),
        ("en", "500-1000 people", "five hundred to one thousand people"),
        ("en", "call 5-7 people", "call five to seven people"),
    ]);
}
