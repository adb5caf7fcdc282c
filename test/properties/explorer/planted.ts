/** One change a rule, and a history that shows what it would do: it must break with the change, and hold without. */

export interface Planted {
  /** The rule of docs/delivery that the change breaks. */
  rule: string;
  /** In src/sync/delivery. */
  file: string;
  from: string;
  to: string;
  /** Where the history begins, and its acts. */
  start: string;
  history: string;
}

export const PLANTED: readonly Planted[] = [
  {
    rule: '1: an address is reserved before it is called for',
    file: 'admit.ts',
    from: "if (holder !== null) return { why: 'taken'",
    to: "if (holder !== null && address === '') return { why: 'taken'",
    start: 'found, adopt, replace: U and V are new at one address, two at work',
    history: 'claim r2 | claim r1 | go r1',
  },
  {
    rule: '3: a lost answer is resolved by a look, never by a repeat',
    file: 'absorb.ts',
    from: 'known: { intent: open }, lookFrom }',
    to: 'known: { intent: null }, lookFrom: null }',
    start: 'listed, adopt, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 late | go r1 | land 0',
  },
  {
    rule: '3: the look begins when the call can no longer take effect',
    file: 'stages/doubt.ts',
    from: 'if (a.now < lookFrom) return waitForCall(a, lookFrom);',
    to: '',
    start: 'listed, adopt, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 late | go r1 | land 0',
  },
  {
    rule: '3: what a lost create made is equal to what was sent',
    file: 'stages/doubt.ts',
    from: " && account.presence !== 'suspended' && isAsSent(a, call, account);",
    to: ';',
    start: 'found, refuse, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 lost | human suspends v1',
  },
  {
    rule: '3: a hidden invitation is made again only where that is safe',
    file: 'stages/doubt.ts',
    from: "if (wanted && (onRepeatedCreate === 'resends' || onRepeatedCreate === 'idempotent')) {",
    to: "if (wanted && onRepeatedCreate !== 'conflict') {",
    start: 'hidden, adopt, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 killed',
  },
  {
    rule: '3: another account than the one before the call is somebody else’s',
    file: 'stages/doubt-change.ts',
    from: '!isSame(a, before, intent.call, seen)',
    to: 'false',
    start: 'addressed, refuse, replace: U is deleted',
    history: 'claim r1 | go r1 | go r1 | go r1 lost | human makes a',
  },
  {
    rule: '4: an account of another row is that row’s',
    file: 'stages/whose.ts',
    from: 'if (holder !== null && isTaken(a, holder)) return',
    to: "if (holder !== null && isTaken(a, holder) && holder.id === '') return",
    start: 'found, adopt, replace: U is inactive, and V comes to its address',
    history:
      'claim r2 | go r2 | go r2 | go r2 | go r2 | go r2 | go r2 | go r2 | go r2 | go r2 | operator retries r1',
  },
  {
    rule: '4: refuse takes nothing over',
    file: 'stages/whose.ts',
    from: "if (policies.adoption === 'refuse') {",
    to: "if (policies.adoption === 'refuse' && title === '') {",
    start: 'found, refuse, replace: U is new where a stranger is',
    history: '',
  },
  {
    rule: '4: nothing of an adopted account was written by Causeway',
    file: 'stages/whose.ts',
    from: "known: { ...known, origin: 'adopted' }, told: []",
    to: "known: { ...known, written: account.fields, origin: 'adopted' }, told: []",
    start: 'found, adopt, replace: U is new where a stranger is',
    history: '',
  },
  {
    rule: '5: nobody loses access from memory',
    file: 'look.ts',
    from: 'if (seen === null || seen.begun < from) return null;',
    to: "const { actual } = row.known;\n  if (seen === null && actual !== null) return { is: 'present', begun: a.now, ageMs: 1000, listed: true, holder: null, account: actual };\n  if (seen === null || seen.begun < from) return null;",
    start: 'found, adopt, replace: U is deleted',
    history: 'human crowns v1',
  },
  {
    rule: '5: somebody keeps the role',
    file: 'admit.ts',
    from: 'if (move.lastOf !== null && facts.othersInRole === 0) {',
    to: "if (move.lastOf !== null && title === '') {",
    start: 'administered, adopt, replace: a rule made U an administrator',
    history: 'DELETE U',
  },
  {
    rule: '6: a 404 is looked at',
    file: 'absorb.ts',
    from: "if (error.code === 'GONE') return",
    to: "if (error.code === 'GONE') return withRow(after, calling.row, { known: EMPTY });\n  if (error.code === 'GONE') return",
    start: 'found, refuse, replace: U is deleted',
    history: 'claim r1 | go r1 | go r1 | go r1 GONE',
  },
  {
    rule: '7: a leaver is looked for where it was mapped last',
    file: 'look.ts',
    from: "if (row.role === 'left') return row.mapped;",
    to: "if (row.role === 'left') return null;",
    start: 'found, adopt, replace: U is new where a stranger is',
    history: 'DELETE U',
  },
  {
    rule: '8: an operator’s word is used up',
    file: 'stages/doubt.ts',
    from: 'close(told(a, row), row, EMPTY)',
    to: 'close(a, row, EMPTY)',
    start: 'hidden, adopt, replace: U is new',
    history:
      'claim r1 | go r1 | go r1 | go r1 late | go r1 | wait | claim r1 | go r1 | go r1 | operator says doubt done r1 | claim r1 | go r1 | go r1 | go r1 lost',
  },
  {
    rule: '9: one account, one row',
    file: 'stages/observe.ts',
    from: 'if (other !== undefined) return',
    to: "if (other?.id === '') return",
    start: 'found, adopt, task: U moves from a to b',
    history:
      'claim r1 | go r1 | go r1 | operator says address done r1 | claim r1 | human suspends v1 | go r1 | go r1 | go r1 | human renames b v1',
  },
  {
    rule: '10: an active User keeps what it has',
    file: 'stages/whose.ts',
    from: "if (holder.role !== 'current' || holder.owner !== 'inactive') return false;",
    to: "if (holder.role !== 'current') return false;",
    start: 'found, adopt, replace: U and V are new at one address, two at work',
    history: 'claim r1 | claim r2 | go r1 | go r1 | go r1 | DELETE V',
  },
  {
    rule: '10: a holder whose account is gone is due',
    file: 'stages/whose.ts',
    from: 'wake: [...a.wake, holder.id] });\n  }\n  return conflict',
    to: 'wake: a.wake });\n  }\n  return conflict',
    start: 'found, adopt, replace: U and V have accounts, two at work',
    history: 'U to b | claim r1 | human removes v2',
  },
  {
    rule: '11: a left row that its User wants again is given back',
    file: 'stages/leave.ts',
    from: "if (a.wanted.presence !== 'active') return { attempt: a };",
    to: 'return { attempt: a };',
    start: 'found, adopt, replace: U moves from a to b',
    history: 'claim r1 | go r1 | go r1 | go r1 | go r1 | U to a | claim r2',
  },
  {
    rule: '11: what is given up is got rid of',
    file: 'stages/leave.ts',
    from: "return { attempt: withRow(a, next.id, { role: 'left' }), again: true };\n}\n\nfunction takeNext",
    to: "return { attempt: withRow(a, next.id, { role: 'gone' }), again: true };\n}\n\nfunction takeNext",
    start: 'found, adopt, replace: U moves from a to b',
    history: 'claim r1 | go r1 | go r1 | go r1 | DELETE U',
  },
  {
    rule: '11: the swap is part of the end',
    file: 'stages/settle.ts',
    from: 'isThere(nextRow(attempt)) && !isLeaving(attempt);',
    to: "isThere(nextRow(attempt)) && state === 'task';",
    start: 'found, adopt, replace: U moves from a to b',
    history: '',
  },
  {
    rule: '13: what failed is tried again',
    file: 'stages/settle.ts',
    from: "return again(attempt, error, failure.retryAt === null ? 'backoff' : { retryAt: failure.retryAt });",
    to: "return end(attempt, 'done', 'in-sync');",
    start: 'found, adopt, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 UNAVAILABLE',
  },
  {
    rule: '15: the guard stops who would lose access over its limit',
    file: 'admit.ts',
    from: 'guard.lost >= guard.limit',
    to: 'guard.lost > guard.limit + 1',
    start: 'found, adopt, replace: nobody may lose access',
    history: 'DELETE U',
  },
  {
    rule: '15: what is held is the step',
    file: 'stages/plan-stage.ts',
    from: 'callNow(a, row, intent, stepName(row, call))',
    to: 'callNow(a, row, intent, call.op)',
    start: 'found, adopt, replace: nobody may lose access',
    history: 'U to b',
  },
  {
    rule: '10: absence proves nothing where invitations are hidden',
    file: 'stages/whose.ts',
    from: "const isGone = seen.is === 'absent' && a.rules.supports.hidesPending !== true;",
    to: "const isGone = seen.is === 'absent';",
    start: 'hidden, adopt, replace: U is new',
    history: 'claim r1 | go r1 | go r1 | go r1 | go r1 | POST V a',
  },
  {
    rule: '11: a living User that moved away has no say in who is there',
    file: 'stages/whose.ts',
    from: "if (row.role === 'left' && a.wanted.presence === 'active') return",
    to: "if (row.role === 'left' && title === '') return",
    start: 'found, adopt, replace: U moves from a to b',
    history: 'human removes v1 | claim r1 | go r1 | go r1 | go r1 | human makes a',
  },
];
