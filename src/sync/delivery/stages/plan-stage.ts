/** The plan: from what is known to the next call, to tasks, or to the end. Pure. */

import type { Call, Hold, Intent } from '../../../core/account.ts';
import type { Changes } from '../../../core/field.ts';
import { hasChanges } from '../../plan/differences.ts';
import { plan, protect, type Step } from '../../plan/plan.ts';
import { callNow } from '../call.ts';
import { planGroup } from '../group-plan.ts';
import { addressOf, fresh, freshFrom, isHidden, lookAt } from '../look.ts';
import { lossOf, needsLook, withoutPower } from '../loss.ts';
import { isLeaving, mainRow, sameAddress } from '../rows.ts';
import type { Attempt, Row, Turn } from '../state.ts';
import { askForAddress, subjectOf } from './move.ts';
import { addTask, again, endDone, errorOf, refuse } from './settle.ts';

/** The last stage: it always moves. */
export function planNext(before: Attempt): Turn {
  const main = mainRow(before).id;
  const a: Attempt = { ...before, tasks: before.tasks.filter((task) => task.row !== main) };
  const row = subjectOf(a);
  if (a.rules.kind === 'group' && a.rules.policies.groups !== 'mirror') return endDone(a);
  if (row.known.vendorId === null && addressOf(a, row) === null) return endDone(a);
  // The operator says that what is there now is right.
  if (isLeaving(a) && row.known.vendorId === null && row.told.includes('look')) return endDone(a);
  // What was taken away is not looked for again: whatever is there since is somebody else's.
  const isTaken = a.changes.includes('remove') || a.changes.includes('withdraw');
  if (isLeaving(a) && row.known.vendorId === null && (isTaken || isOthers(a, row))) return endDone(a);
  const unseen =
    row.known.vendorId === null || row.told.length > 0 || row.hasTask || a.looksFirst || leavesUnseen(a, row);
  const seen = fresh(a, row);
  if (unseen && seen === null) return { attempt: a, move: lookAt(a, row, 'plan', freshFrom(a)) };
  if (unseen && row.known.vendorId === null && isLeaving(a)) return endDone(a);
  return carryOut(a, row, stepsOf(a, row), main);
}

/** Another row of the User is responsible for the address. */
function isOthers(a: Attempt, row: Row): boolean {
  const address = addressOf(a, row);
  return a.rows.some(({ id, role, known }) => {
    return id !== row.id && role !== 'gone' && sameAddress(a, known.address, address);
  });
}

/** Nobody loses access from memory; an invitation that can be taken back needs no look. */
function leavesUnseen(a: Attempt, row: Row): boolean {
  if (!isLeaving(a)) return false;
  const steps = stepsOf(a, row);
  // The vendor's own answer says that nothing is left to do.
  if (a.sent.length > 0 && steps.every(({ step }) => step === 'task')) return false;
  return !steps.some(({ step }) => step === 'withdraw');
}

/** What this row's account needs; the address is the machine's own business. */
function stepsOf(a: Attempt, row: Row): Step[] {
  const { rules } = a;
  const { actual, written, origin } = row.known;
  const here = actual === null ? ('absent' as const) : protect(actual, rules.policies);
  if (rules.kind === 'group') return planGroup(a, row);
  const wanted =
    row.role === 'left' ? { ...a.wanted, presence: 'absent' as const, why: 'deleted' as const } : a.wanted;
  return plan({
    wanted,
    actual: here,
    created: origin === 'created',
    written,
    vendor: rules,
    supports: rules.supports,
    policies: rules.policies,
    keeps: a.awaited.length > 0,
  });
}

function carryOut(before: Attempt, row: Row, steps: readonly Step[], main: string): Turn {
  let a = before;
  for (const step of steps) {
    switch (step.step) {
      case 'task':
        a = addTask(a, step.task, main);
        break;
      case 'refuse':
        return refuse(a, 'refused', errorOf('REJECTED', step.reason));
      case 'await-acceptance':
        if (fresh(a, row) === null) return { attempt: a, move: lookAt(a, row, 'plan', freshFrom(a)) };
        return again(a, errorOf('PENDING', step.reason), 'list');
      default: {
        const turn = callFor(a, row, callOfStep(a, step));
        if (turn.move !== undefined || turn.again) return turn;
        a = turn.attempt;
      }
    }
  }
  if (row.role === 'current' && !isLeaving(a)) a = askForAddress(a);
  return endDone(a);
}

type CallStep = Exclude<Step, { step: 'task' | 'refuse' | 'await-acceptance' }>;

function callOfStep({ rules, without }: Attempt, step: CallStep): Call {
  switch (step.step) {
    case 'create': {
      const fields = Object.entries(step.fields).filter(([name]) => !without.includes(name));
      return { op: 'create', address: step.address, fields: Object.fromEntries(fields) };
    }
    case 'update':
      return {
        op: 'update',
        changes: isSingle(rules) ? oneElement(step.changes) : step.changes,
      };
    default:
      return { op: step.step };
  }
}

function isSingle({ kind, supports }: Attempt['rules']): boolean {
  return kind === 'user' && supports.oneElementACall;
}

/** The vendor moves one element of one list a call. */
function oneElement({ add, remove }: Changes): Changes {
  const [added] = Object.entries(add);
  if (added !== undefined) return { set: {}, add: { [added[0]]: added[1].slice(0, 1) }, remove: {} };
  const [removed] = Object.entries(remove);
  if (removed === undefined) return { set: {}, add: {}, remove: {} };
  return { set: {}, add: {}, remove: { [removed[0]]: removed[1].slice(0, 1) } };
}

/** Looks first where the call needs it; leaves out what the guard holds. No move: the step is held. */
function callFor(a: Attempt, row: Row, planned: Call): Turn {
  const held = heldPart(a, row, planned);
  if (held === null) return { attempt: holding(a, row) };
  const call = held;
  const why = needsLook(a, row, call);
  const seen = fresh(a, row);
  if (why !== null && (seen === null || (why === 'list' && !seen.listed))) {
    return { attempt: a, move: lookAt(a, row, why, freshFrom(a)) };
  }
  const json = JSON.stringify([row.id, call]);
  if (a.disproved?.call === json) {
    return humanNeeded(a, row, call, `${a.disproved.message} Its list shows the account all the same.`);
  }
  if (a.done.includes(json)) {
    const text = `${a.rules.title} took the change of ${row.known.address ?? ''} and does not carry it out.`;
    return humanNeeded(a, row, call, text);
  }
  const { known } = row;
  const before =
    seen?.is === 'present' ? seen.account : seen === null ? null : isHidden(a, row) ? 'hidden' : 'absent';
  const intent: Intent = { version: 1, call, before: before ?? known.actual, epoch: a.rules.epoch };
  const freshUntil = seen === null || why === null ? null : seen.begun + seen.ageMs;
  const turn = callNow(a, row, intent, stepName(row, call));
  return turn.move?.do === 'call' ? { ...turn, move: { ...turn.move, freshUntil } } : turn;
}

/** The vendor was asked for the very same before, and the account is as it was. */
function humanNeeded(a: Attempt, row: Row, call: Call, text: string): Turn {
  const failure = {
    error: errorOf('NOT_PERMITTED', text),
    retryAt: null,
    op: call.op,
    row: row.id,
    address: null,
  };
  return { attempt: { ...a, failure }, again: true };
}

/** As the guard holds it. */
function stepName(row: Row, call: Call): Hold['step'] {
  return row.role === 'next' && call.op === 'create' ? 'move' : call.op;
}

/** What of a call the guard has not stopped; null: nothing. */
function heldPart(a: Attempt, row: Row, call: Call): Call | null {
  const { loses } = lossOf(a, row, call);
  const step = stepName(row, call);
  const hold = mainRow(a).held;
  const stops =
    a.heldStep !== null ? a.heldStep.step === step : hold?.step === step && hold.state !== 'released';
  if (loses === null || !stops) return call;
  if (call.op !== 'update') return null;
  const rest = withoutPower(a, row, call);
  return hasChanges(rest.changes) ? rest : null;
}

function holding(a: Attempt, row: Row): Attempt {
  if (a.heldStep !== null) return a;
  const hold = mainRow(a).held;
  const address = row.known.address ?? '';
  const reason =
    hold?.state === 'rejected'
      ? `${hold.by ?? ''} decided that ${address} stays as it is until the identity provider changes the User: ${hold.reason}`
      : (hold?.reason ?? '');
  return hold === null ? a : { ...a, heldStep: { step: hold.step, reason } };
}
