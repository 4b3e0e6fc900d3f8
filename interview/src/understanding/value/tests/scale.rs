//! Numbers on scales.

use serde_json::json;

use super::*;

fn scale(min: i32, max: i32) -> Question {
    question(json!({"id": "q", "text": "How good is it?", "type": "scale", "scale": {"min": min, "max": max}}))
}

#[allow(clippy::unnecessary_wraps)]
fn n(number: f64) -> Option<Value> {
    Some(Value::Number(number))
}

#[allow(clippy::unnecessary_wraps)]
fn r(low: f64, high: f64) -> Option<Value> {
    Some(Value::Range([low, high]))
}

#[test]
fn one_to_ten() {
    check(
        &scale(1, 10),
        &[
            ("Eight.", n(8.0)),
            ("8", n(8.0)),
            ("I'd say a seven.", n(7.0)),
            ("A strong seven.", n(7.0)),
            ("Seven-ish.", n(7.0)),
            ("Maybe 8 or so", n(8.0)),
            ("Ten... no, nine.", n(9.0)),
            ("Ten, no, nine", n(9.0)),
            ("Seven, sorry, eight.", n(8.0)),
            ("I'd say six, actually make it seven.", n(7.0)),
            ("Four. Wait, five.", n(5.0)),
            ("On a scale of one to ten, I'd say eight.", n(8.0)),
            ("Eight out of ten.", n(8.0)),
            ("8/10", n(8.0)),
            ("From one to ten? A six.", n(6.0)),
            ("Out of ten I'd give it a four.", n(4.0)),
            ("If ten is the best, then seven.", n(7.0)),
            ("With ten being perfect I'd go for nine.", n(9.0)),
            ("On a ten point scale, a three.", n(3.0)),
            ("Eight and a half.", n(8.5)),
            ("8.5", n(8.5)),
            ("Eight point five, I think.", n(8.5)),
            ("Top marks!", n(10.0)),
            ("Full marks from me.", n(10.0)),
            ("The lowest.", n(1.0)),
            ("Rock bottom.", n(1.0)),
            ("Right in the middle.", n(5.5)),
            ("The highest you have.", n(10.0)),
            ("Six or seven.", r(6.0, 7.0)),
            ("Between six and seven.", r(6.0, 7.0)),
            ("Six to seven, I think.", r(6.0, 7.0)),
            ("6-7", r(6.0, 7.0)),
            ("Nine, maybe ten.", r(9.0, 10.0)),
            ("Five or six, let's say six.", n(6.0)),
            ("Between seven and eight, closer to eight.", n(8.0)),
            ("It can't be more than three.", n(3.0)),
            ("No more than four.", n(4.0)),
            ("At least a six.", n(6.0)),
            ("Not a ten, more like an eight.", n(8.0)),
            ("I wouldn't say nine, but eight.", n(8.0)),
            ("I don't think it's a ten, maybe a seven.", n(7.0)),
            ("Not quite a nine.", None),
            ("Fifteen.", None),
            ("Eleven out of ten!", None),
            ("Zero.", None),
            ("That one is hard.", None),
            ("This one, I really can't say.", None),
            ("No one ever asked me that.", None),
            ("It's one of the best I've used.", None),
            ("One.", n(1.0)),
            ("I'd give it a one.", n(1.0)),
            ("One, because it never works.", n(1.0)),
            ("I've used it for three years, so an eight.", n(8.0)),
            ("Four. It crashed two times last week.", n(4.0)),
            ("Eight. It would be a ten if it were cheaper, but eight.", n(8.0)),
            ("It used to be a nine. Now it's a five.", n(5.0)),
            ("Nine, it loses a point for the price.", n(9.0)),
            ("Eight, it loses two points for the price.", n(8.0)),
            ("Seven, I'm not sure why.", n(7.0)),
            ("I'm not sure, maybe seven.", n(7.0)),
            ("Nine for the food, four for the service.", None),
            ("One to ten.", None),
            ("I don't know.", None),
            ("It's good.", None),
            ("Number seven.", n(7.0)),
            ("Five stars.", n(5.0)),
            ("Two, to be honest.", n(2.0)),
            ("Um, ten, ten out of ten.", n(10.0)),
            ("To.", n(2.0)),
            ("My husband would say five, I'd say eight.", n(8.0)),
            ("A solid 9!", n(9.0)),
            ("Somewhere around a six.", n(6.0)),
            ("Three. Two of my orders were lost.", n(3.0)),
            ("A hundred percent", n(10.0)),
        ],
    );
}

#[test]
fn other_scales() {
    check(
        &scale(0, 100),
        &[
            ("Eighty-five.", n(85.0)),
            ("Eighty five out of a hundred.", n(85.0)),
            ("A hundred.", n(100.0)),
            ("Zero.", n(0.0)),
            ("A hundred and twenty.", None),
            ("I'd say seventy to eighty.", r(70.0, 80.0)),
            ("Fifty-fifty.", n(50.0)),
            ("Thirty, no, forty.", n(40.0)),
        ],
    );
    check(
        &scale(-5, 5),
        &[
            ("Minus two.", n(-2.0)),
            ("-3", n(-3.0)),
            ("Negative four", n(-4.0)),
            ("Plus three.", n(3.0)),
            ("Zero", n(0.0)),
            ("Right in the middle.", n(0.0)),
        ],
    );
    check(
        &scale(1, 5),
        &[
            ("Four out of five.", n(4.0)),
            ("On a scale from one to five, two.", n(2.0)),
            ("Six", None),
            ("In the middle.", n(3.0)),
            ("Three or four", r(3.0, 4.0)),
            ("The worst.", n(1.0)),
        ],
    );
    check(&scale(0, 200), &[("A hundred and twenty.", n(120.0)), ("One hundred fifty", n(150.0))]);
}
