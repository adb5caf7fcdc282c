import { describe, expect, it } from 'vitest';
import { checkExpression } from '../../../../src/sync/plan/expression-check.ts';

describe('An expression may use', () => {
  it.each([
    ['an attribute', 'userName'],
    ['an attribute of an attribute', 'name.givenName'],
    ['an attribute with an odd name', '`urn:example:1`.`cost-centre`'],
    ['the enterprise extension', 'enterprise.manager.displayName'],
    ['an element that is chosen', 'emails[type="work"].value'],
    ['an element by its place', 'emails[0].value'],
    ['an element by a flag', 'emails[primary].value'],
    ['texts, numbers and truth', '["a", 1, -1, true, null]'],
    ['joined texts', 'name.givenName & " " & name.familyName'],
    ['comparisons', 'title = "Boss" or (active and not)'],
    ['arithmetic', '1 + 2 * 3 % 2'],
    ['a choice', 'active ? "full" : "none"'],
    ['membership', '"admin" in roles.value'],
    ['an object', '{"text": department, "colour": "#ffffff"}'],
    ['the User itself', '$.userName'],
    ['steps in brackets', 'name.(givenName & familyName)'],
  ])('%s', (_what, text) => {
    expect(checkExpression(text)).toBeNull();
  });

  it.each([
    '$append(["a"], roles.value)',
    '$boolean(title)',
    '$contains(title, "Boss")',
    '$count(emails)',
    '$distinct(roles.value)',
    '$exists(title)',
    '$join(roles.value, ",")',
    '$length(title)',
    '$lookup(enterprise, "department")',
    '$lowercase(userName)',
    '$not(active)',
    '$number("1")',
    '$replace(userName, "a", "b")',
    '$split(userName, "@")',
    '$string(1)',
    '$substring(userName, 0, 3)',
    '$substringAfter(userName, "@")',
    '$substringBefore(userName, "@")',
    '$trim(title)',
    '$uppercase(title)',
  ])('the function in %s', (text) => {
    expect(checkExpression(text)).toBeNull();
  });
});

describe('An expression is refused, what is wrong named, with', () => {
  it.each([
    ['a regular expression', '$contains(userName, /a+/)', 'a regular expression'],
    ['a regular expression in a split', '$split(userName, /@/)', 'a regular expression'],
    ['a function definition', 'function($x) { $x }', 'a function definition'],
    ['a function definition as an argument', '$map(emails, function($e) { $e.value })', '$map'],
    ['a definition that is called', '(function($x) { $x })(1)', 'something'],
    ['a range', '[1..1000000]', 'a range'],
    ['a range deep inside', '$count([[1..10][0]])', 'a range'],
    ['an assignment', '($x := 1; $x)', 'an assignment'],
    ['a variable', '$user', '$user'],
    ['the root', '$$.userName', '$$'],
    ['evaluation', '$eval("1")', '$eval'],
    ['sorting by function', '$sort(roles.value)', '$sort'],
    ['a random value', '$random()', '$random'],
    ['the time', '$now()', '$now'],
    ['a function of higher order', '$reduce(roles.value, $append)', '$reduce'],
    ['padding', '$pad("a", 1000000)', '$pad'],
    ['an allowed function under another hand', '$uppercase ~> $trim', 'the ~> operator'],
    ['a function that is given away', '$append($uppercase, 1)', '$uppercase'],
    ['a partly applied function', '$substring(?, 1)', 'a partly applied function'],
    ['the order operator', 'emails^(value)', 'the ^ operator'],
    ['a wildcard', 'name.*', 'the * wildcard'],
    ['the descendant wildcard', '**.value', 'the ** wildcard'],
    ['the parent operator', 'emails.value.%', 'the % operator'],
    ['a transformation', '$ ~> |emails|{"value": 1}|', '~>'],
    ['a position that is kept', 'emails#$i.value', 'binds a variable'],
    ['an element that is kept', 'emails@$e.value', 'binds a variable'],
    ['grouping', 'emails{type: value}', 'groups'],
    ['what is none', 'name.', 'cannot be read'],
    ['nothing at all', '', 'cannot be read'],
    ['more than 1,000 characters', `"${'a'.repeat(1_000)}"`, '1000 characters'],
    ['too deep a nesting', `${'('.repeat(60)}1${')'.repeat(60)}`, 'nested more than'],
  ])('%s', (_what, text, named) => {
    expect(checkExpression(text)).toContain(named);
  });
});
