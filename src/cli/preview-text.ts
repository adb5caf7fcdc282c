import type { FieldValue } from '../core/field.ts';
import type { Preview, PreviewField, PreviewStep } from '../sync/compare/preview.ts';
import type { PlanReport } from './plan-report.ts';
import { alignRows, plainText } from './table.ts';

const WHY: Record<PreviewField['why'], string> = {
  idp: 'from the identity provider',
  rule: 'from a group rule',
  constant: 'the constant of the mapping',
  default: 'the default',
};

/** The plan step by step, field by field: before, after and why; then the counts. `most`: accounts shown at most. */
export function formatReport(report: PlanReport, most = Number.POSITIVE_INFINITY): string {
  const shown = report.changed.slice(0, most);
  const left = report.changed.length - shown.length;
  return [
    ...shown.map(formatPreview),
    ...(left > 0 ? [`… and ${left} more accounts (all of them with --json).`] : []),
    ...(report.note === null ? [] : [report.note]),
    formatCounts(report),
  ].join('\n\n');
}

function formatPreview({ name, wanted, steps }: Preview): string {
  const heading = plainText(wanted === null ? name : `${name} (to be ${wanted})`);
  const body = steps.length === 0 ? ['  nothing to do'] : steps.map(formatStep);
  return [heading, ...body].join('\n');
}

function formatStep({ step, text, fields }: PreviewStep): string {
  const heading = `  ${step}${text === null ? '' : `: ${plainText(text)}`}`;
  if (fields.length === 0) return heading;
  const rows = fields.map(({ field, before, after, why }) => [
    `    ${field}`,
    formatValue(before),
    '→',
    formatValue(after),
    WHY[why],
  ]);
  return `${heading}\n${alignRows(rows)}`;
}

function formatValue(value: FieldValue | null): string {
  return value === null ? '–' : JSON.stringify(value);
}

function formatCounts(report: PlanReport): string {
  const { accounts, changed, complete } = report;
  const steps = Object.entries(countSteps(changed)).map(([step, count]) => `${count} ${step}`);
  const busy = changed.filter((preview) => preview.steps.length > 0).length;
  const looked = complete ? `${accounts}` : `the first ${accounts}`;
  const counts = steps.length === 0 ? '' : ` (${steps.join(', ')})`;
  return `Accounts looked at: ${looked}. With something to do: ${busy}${counts}.`;
}

function countSteps(previews: readonly Preview[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { step } of previews.flatMap((preview) => preview.steps)) counts[step] = (counts[step] ?? 0) + 1;
  return counts;
}

/** For programs. */
export function reportView(report: PlanReport) {
  return { ...report, steps: countSteps(report.changed) };
}
