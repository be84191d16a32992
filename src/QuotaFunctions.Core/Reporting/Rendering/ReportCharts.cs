using SkiaSharp;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>
/// Draws the pictures of a report as PNG, for mail programs show neither SVG nor scripts. They are transparent, in colours that can be told apart
/// on white and on black, and without text: a server has no fonts, so the labels stand in the HTML beside them.
/// </summary>
internal static class ReportCharts
{
    /// <summary>Pixels of the picture for each pixel of the page.</summary>
    private const int Scale = 2;

    /// <summary>The width of a picture over the whole page.</summary>
    public const int FullWidth = 552;

    /// <summary>The height of the picture of requests.</summary>
    public const int RequestsHeight = 160;

    /// <summary>The height of the picture of what succeeded.</summary>
    public const int SuccessHeight = 56;

    /// <summary>The width of a picture beside the rows of a table.</summary>
    public const int BesideWidth = 160;

    private static readonly SKColor Data = new(0x4F, 0x7C, 0xCB);
    private static readonly SKColor Bad = new(0xD6, 0x48, 0x3F);
    private static readonly SKColor Attention = new(0xB8, 0x7D, 0x0E);
    private static readonly SKColor Grid = new(0x8E, 0x96, 0xA0, 0x66);
    private static readonly SKColor Track = new(0x8E, 0x96, 0xA0, 0x40);

    /// <summary>A bar for each day or hour, what failed on top.</summary>
    public static byte[] Requests(IReadOnlyList<ReportPoint> points) => Draw(FullWidth, RequestsHeight, canvas =>
    {
        var most = Math.Max(1, points.Max(point => point.Requests));
        foreach (var line in (float[])[0, 0.5f, 1])
        {
            Fill(canvas, Grid, 0, Math.Max(0, (line * RequestsHeight) - 1), FullWidth, 1);
        }

        ForEachColumn(points, (point, left, width) =>
        {
            var (all, failed) = (HeightOf(point.Requests), HeightOf(point.Failed));
            Fill(canvas, Data, left, RequestsHeight - all, width, all);
            Fill(canvas, Bad, left, RequestsHeight - all, width, failed);
        });

        // What there is can be seen, however little it is
        float HeightOf(long count) => count == 0 ? 0 : Math.Max(1, (RequestsHeight - 1) * (float)count / most);
    });

    /// <summary>The share that succeeded of each day or hour, and above it what failed. One without requests has a gap.</summary>
    public static byte[] Success(IReadOnlyList<ReportPoint> points) => Draw(FullWidth, SuccessHeight, canvas => ForEachColumn(points, (point, left, width) =>
    {
        if (point.Requests == 0)
        {
            Fill(canvas, Track, left, SuccessHeight - 1, width, 1);
            return;
        }

        var failed = point.Failed == 0 ? 0 : Math.Max(1, SuccessHeight * (float)point.Failed / point.Requests);
        Fill(canvas, Data, left, failed, width, SuccessHeight - failed);
        Fill(canvas, Bad, left, 0, width, failed);
    }));

    /// <summary>A bar for each key beside its row, as long as it has requests, what failed at its end.</summary>
    /// <param name="keys">The keys, the one with the most requests first.</param>
    /// <param name="rowHeight">The height of a row.</param>
    public static byte[] TopKeys(IReadOnlyList<ReportKey> keys, int rowHeight) => Draw(BesideWidth, keys.Count * rowHeight, canvas =>
    {
        var most = Math.Max(1, keys.Max(key => key.Requests));
        ForEachRow(keys, rowHeight, (key, top) =>
        {
            var (all, failed) = (WidthOf(key.Requests), WidthOf(key.Failed));
            Fill(canvas, Data, 0, top, all, BarHeight);
            Fill(canvas, Bad, all - failed, top, failed, BarHeight);
        });

        float WidthOf(long count) => count == 0 ? 0 : Math.Max(1, BesideWidth * (float)count / most);
    });

    /// <summary>A meter for each key beside its row, filled by what is left: none where it is used up, with a square in its place.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="lowPercent">Below so many per cent it has another colour.</param>
    /// <param name="rowHeight">The height of a row.</param>
    public static byte[] Remaining(IReadOnlyList<ReportKey> keys, int lowPercent, int rowHeight) => Draw(
        BesideWidth, keys.Count * rowHeight, canvas => ForEachRow(keys, rowHeight, (key, top) =>
        {
            var percent = ReportNames.PercentLeft(key) ?? 100;
            Fill(canvas, Track, 0, top, BesideWidth, BarHeight);
            if (percent <= 0)
            {
                Fill(canvas, Bad, 0, top, BarHeight, BarHeight);
            }
            else
            {
                Fill(canvas, percent < lowPercent ? Attention : Data, 0, top, Math.Max(3, BesideWidth * (float)Math.Min(100, percent) / 100), BarHeight);
            }
        }));

    private const int BarHeight = 10;

    private static void ForEachRow(IReadOnlyList<ReportKey> keys, int rowHeight, Action<ReportKey, float> draw)
    {
        for (var row = 0; row < keys.Count; row++)
        {
            draw(keys[row], (row * rowHeight) + ((rowHeight - BarHeight) / 2f));
        }
    }

    private static void ForEachColumn(IReadOnlyList<ReportPoint> points, Action<ReportPoint, float, float> draw)
    {
        var step = (float)FullWidth / points.Count;
        var width = Math.Max(1, Math.Min(48, step * 0.72f));
        for (var column = 0; column < points.Count; column++)
        {
            draw(points[column], (column * step) + ((step - width) / 2), width);
        }
    }

    private static void Fill(SKCanvas canvas, SKColor colour, float left, float top, float width, float height)
    {
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawRect(left, top, width, height, paint);
    }

    private static byte[] Draw(int width, int height, Action<SKCanvas> draw)
    {
        using var bitmap = new SKBitmap(width * Scale, height * Scale, SKColorType.Rgba8888, SKAlphaType.Premul);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.Transparent);
        canvas.Scale(Scale);
        draw(canvas);
        canvas.Flush();
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
