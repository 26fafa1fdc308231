# SPDX-License-Identifier: MIT
# What Sidekiq is given to run.
require "sidekiq"

Sidekiq.configure_server { |config| config.redis = { url: ENV.fetch("BENCH_REDIS") } }

class Noop
  include Sidekiq::Worker

  def perform; end
end

class Clock
  include Sidekiq::Worker

  def perform
    now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    File.write(ENV.fetch("BENCH_PIPE"), "#{now}\n")
  end
end
