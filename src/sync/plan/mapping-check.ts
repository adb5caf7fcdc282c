import type { Field, FieldValue } from '../../core/field.ts';
import type { FieldMapping, Mapping } from '../../core/mapping.ts';
import type { AnyVendor } from '../../vendor-kit/define.ts';
import { checkExpression } from './expression-check.ts';
import { fieldFault } from './field-check.ts';

/** What is wrong with a mapping of this vendor's fields, a sentence for each fault; none: it may be saved. */
export function checkMapping(vendor: AnyVendor, mapping: Mapping): string[] {
  return Object.entries(mapping).flatMap(([name, entry]) => {
    const field = vendor.fields.find((one) => one.name === name);
    if (field !== undefined) return fieldFaults(field, entry);
    const known = vendor.fields.map((one) => one.name).join(', ');
    return [`${vendor.title} has no field ${JSON.stringify(name)}; its fields are: ${known}.`];
  });
}

function fieldFaults(field: Field, { rules, source }: FieldMapping): string[] {
  const about = `The mapping of ${field.name}`;
  if (rules === undefined && source === undefined) return [`${about} has neither rules nor a source.`];
  if (field.set === 'key' && (rules !== undefined || (source !== undefined && 'constant' in source))) {
    return [`${about} would give several people one address: only an expression can give it.`];
  }
  const faults = (rules ?? []).flatMap(({ groupName, value }) =>
    valueFaults(field, value, `${about}: the value for the Group ${JSON.stringify(groupName)}`),
  );
  if (source === undefined) return faults;
  if ('constant' in source)
    return [...faults, ...valueFaults(field, source.constant, `${about}: the constant`)];
  const fault = checkExpression(source.expression);
  return fault === null ? faults : [...faults, `${about}: ${fault}`];
}

function valueFaults(field: Field, value: FieldValue, subject: string): string[] {
  const fault = fieldFault(field, value);
  return fault === null ? [] : [`${subject} ${fault}.`];
}
