import { Meter, OutOfSteps } from './meter';

describe('a meter', () => {
  it('counts the steps that are taken, up to the last one', () => {
    const meter = new Meter(3);
    meter.spend(1);
    meter.spend(2);
    expect([meter.spent, meter.isOut]).toEqual([3, false]);
  });

  it('ends what goes on beyond its steps, also where the first end was not heeded', () => {
    const meter = new Meter(3);
    expect(() => meter.spend(4)).toThrow(OutOfSteps);
    expect(() => meter.spend(0)).toThrow(/at most 3 steps .* \(evaluationStepsMax\), found more;/);
    expect(meter.isOut).toBe(true);
  });
});
