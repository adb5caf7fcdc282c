/** The session's method for a planned call. */
import type { VendorAccount } from '../../../core/account.ts';
import type { Session } from '../../../vendor-kit/vendor.ts';
import type { Attempt, CallMove } from '../state.ts';

/** The account afterwards; null: there is none any more. Throws VendorError. */
export async function act(session: Session, attempt: Attempt, move: CallMove): Promise<VendorAccount | null> {
  const { account, intent } = move;
  const { call: planned } = intent;
  if (attempt.rules.kind === 'group') return actOnGroup(session, move);
  if (account === null) throw new Error(`The plan wants ${planned.op} of an account that is not known.`);
  switch (planned.op) {
    case 'create':
      throw new Error('People are created in batches.');
    case 'update':
      return supported(session.update)(account, planned.changes);
    case 'remove':
    case 'withdraw':
      await supported(session[planned.op])(account);
      return null;
    default:
      return supported(session[planned.op])(account);
  }
}

async function actOnGroup({ groups }: Session, { account, intent }: CallMove): Promise<VendorAccount | null> {
  if (groups === undefined) throw new Error('The vendor has no groups.');
  const { call: planned } = intent;
  if (planned.op === 'create') return groups.create(planned.address);
  if (account === null) throw new Error(`The plan wants ${planned.op} of a group that is not known.`);
  if (planned.op === 'update') return groups.rename(account.id, String(planned.changes.set['title']));
  await supported(groups.remove)(account.id);
  return null;
}

/** The plan never asks for what `supports` does not declare; the contract test holds session and `supports` equal. */
function supported<Method>(method: Method | undefined): Method {
  if (method === undefined) throw new Error('The vendor declares a call that its session does not have.');
  return method;
}
