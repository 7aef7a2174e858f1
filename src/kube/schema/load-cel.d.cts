// The type of load-cel.cjs.
declare function loadCel(): typeof import('@marcbachmann/cel-js', { with: { 'resolution-mode': 'import' }});
export = loadCel;
