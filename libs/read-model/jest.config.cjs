module.exports = { preset: '../../jest.preset.cjs', displayName: 'read-model' };
