/** APIC vectors with an `irq_vectors:*_entry` tracepoint: linux arch/x86/include/asm/trace/irq_vectors.h. */
export const IRQ_VECTORS = [
  'local_timer',
  'reschedule',
  'call_function',
  'call_function_single',
  'irq_work',
  'x86_platform_ipi',
  'thermal_apic',
  'threshold_apic',
  'deferred_error_apic',
  'error_apic',
  'spurious_apic',
] as const;
