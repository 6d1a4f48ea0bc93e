import { describe, expect, it } from 'vitest';
import { orderOfAdmission } from './order-of-admission.ts';

describe('the order of admission', () => {
  it('is kept when all get in as they came', () => {
    expect(orderOfAdmission([10, 20, 30], 0, 0)).toEqual({ puts: 3, passed: 0, mostPassedBy: 0 });
  });

  it('counts a put once, and all who passed it', () => {
    expect(orderOfAdmission([20, 30, 10], 0, 0)).toEqual({ puts: 3, passed: 1, mostPassedBy: 2 });
  });

  it('leaves calls that were too close together alone', () => {
    expect(orderOfAdmission([12, 10], 0, 5).passed).toBe(0);
    expect(orderOfAdmission([16, 10], 0, 5).passed).toBe(1);
  });

  it('counts puts that were never admitted as passed by later ones that were', () => {
    expect(orderOfAdmission([10, 50, 20], 1, 0)).toEqual({ puts: 3, passed: 1, mostPassedBy: 1 });
  });

  it('counts no overtaking by a put that never got in', () => {
    expect(orderOfAdmission([10, 50, 20], 2, 0).passed).toBe(0);
  });
});
