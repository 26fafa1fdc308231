/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { HourOutcome } from '../../api/types'
import { hourTime } from '../../format/time'
import { useLanguage } from '../../i18n/useLanguage'
import { axisEnd, outcomes, sumOf, totals, type Counts, type Outcome } from './figures'

const width = 720
const height = 160
const gap = 4
const hourMs = 3_600_000
/* There is room for a day, also while less of it is known. */
const day = 24
/* Hours between two times below the axis. */
const stride = 6

interface Piece {
  outcome: Outcome
  y: number
  height: number
}

/* The parts of one bar from the bottom up. What is there is at least visible. */
function pieces(counts: Counts, most: number): Piece[] {
  let y = height
  return outcomes
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => {
      const size = Math.max(2, (counts[outcome] / most) * (height - 4))
      y -= size
      return { outcome, y, height: size }
    })
}

function useClock() {
  const language = useLanguage()
  return (moment: number) => hourTime(moment, language)
}

const step = width / day

function Bar({ hour, index, most }: { hour: HourOutcome; index: number; most: number }) {
  const { t } = useTranslation()
  const clock = useClock()
  const from = Date.parse(hour.from)
  const { success, failed, cancelled } = hour
  return (
    <g className="chart-bar">
      <title>{t('start.bar', { from: clock(from), to: clock(from + hourMs), success, failed, cancelled })}</title>
      <rect className="chart-back" x={index * step} y={0} width={step} height={height} />
      {pieces(hour, most).map((piece) => (
        <rect
          key={piece.outcome}
          className={`chart-${piece.outcome}`}
          x={index * step + gap / 2}
          y={piece.y}
          width={step - gap}
          height={piece.height}
        />
      ))}
    </g>
  )
}

function Hours({ last }: { last: number }) {
  const { t } = useTranslation()
  const clock = useClock()
  const marks = Array.from({ length: day / stride }, (_, index) => last - (day - 1 - index * stride) * hourMs)
  return (
    <div className="chart-hours" aria-hidden>
      {marks.map((moment) => (
        <span key={moment}>{clock(moment)}</span>
      ))}
      <span>{t('start.now')}</span>
    </div>
  )
}

/** One bar an hour. The numbers are in the label for whoever does not see it. */
export function ThroughputChart({ hours }: { hours: HourOutcome[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const most = axisEnd(Math.max(...hours.map(sumOf)))
  const all = totals(hours)
  return (
    <>
      <div className="chart-box">
        <span className="chart-most" aria-hidden>
          {t('start.perHour', { count: most, formatted: most.toLocaleString(language) })}
        </span>
        <svg className="chart" viewBox={`0 0 ${width} ${height + 1}`} preserveAspectRatio="none" role="img" aria-label={t('start.chartLabel', { ...all, count: hours.length })}>
          {[0, 0.5].map((part) => (
            <line key={part} className="chart-line" x1={0} x2={width} y1={4 + part * (height - 4)} y2={4 + part * (height - 4)} vectorEffect="non-scaling-stroke" />
          ))}
          {hours.map((hour, index) => (
            <Bar key={hour.from} hour={hour} index={day - hours.length + index} most={most} />
          ))}
          <line className="chart-axis" x1={0} x2={width} y1={height} y2={height} vectorEffect="non-scaling-stroke" />
        </svg>
        <Hours last={Date.parse(hours[hours.length - 1].from)} />
      </div>
      <div className="legend">
        {outcomes.map((outcome) => (
          <span key={outcome} className={`legend-${outcome}`}>
            {t(`status.${outcome}`)} {all[outcome].toLocaleString(language)}
          </span>
        ))}
      </div>
    </>
  )
}
