/** The rows of `bench metering`. */

export interface MeteringRow {
  measure: string;
  value: number;
  unit: string;
  /** `>= 10000`; null: a figure to know, not to reach. */
  goal: string | null;
  met: boolean | null;
}

export function atLeast(measure: string, value: number, unit: string, goal: number): MeteringRow {
  return { measure, value, unit, goal: `>= ${goal}`, met: value >= goal };
}

export function atMost(measure: string, value: number, unit: string, goal: number): MeteringRow {
  return { measure, value, unit, goal: `<= ${goal}`, met: value <= goal };
}

export function figure(measure: string, value: number, unit: string): MeteringRow {
  return { measure, value, unit, goal: null, met: null };
}
