import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approverCycle } from './approver-cycle.js';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');

describe('a cycle of approvers', () => {
  it('is who decides both before and after somebody else', () => {
    expect(
      approverCycle([
        ['legal', 'risk'],
        ['risk', 'legal'],
      ]),
    ).toEqual(['legal', 'risk', 'legal']);
    expect(
      approverCycle([
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ]),
    ).toEqual(['a', 'b', 'c', 'a']);
    expect(approverCycle([['a', 'b', 'a']])).toEqual(['a', 'b', 'a']);
  });

  it('is not there where one order fits all, also by several ways', () => {
    expect(approverCycle([])).toBeNull();
    expect(
      approverCycle([
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'd'],
        ['c', 'd'],
      ]),
    ).toBeNull();
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(name, { minLength: 1 })), (orders) => {
        expect(approverCycle(orders.map((order) => order.toSorted()))).toBeNull();
      }),
    );
  });

  it('is found whenever an order contradicts another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2 }), fc.array(fc.uniqueArray(name)), (order, others) => {
        expect(approverCycle([...others, order, order.toReversed()])).not.toBeNull();
      }),
    );
  });
});
