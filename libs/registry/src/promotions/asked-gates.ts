import type { GateKind, PolicyDocument } from '@assay/contracts';

/** Gates about what holds the pointer now, or about the time since: what they say of a version that held it before may be why it is wanted back. */
const aboutNow: readonly GateKind[] = ['not-worse-than-holder', 'drift-state', 'evidence-age'];

/** Whether a policy asks a gate of a request: on the way back to an earlier holder, its rollback rule says which. */
export function isAsked(gate: GateKind, via: 'promotion' | 'rollback', { rollback }: Pick<PolicyDocument, 'rollback'>) {
  return via !== 'rollback' || rollback?.gates !== 'version' || !aboutNow.includes(gate);
}
